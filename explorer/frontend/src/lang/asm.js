/** The grammar of disassembled machine code: `kernel:  ; about it`, then `address:  mnemonic  operands  ; what is put in`. */
import { StreamLanguage } from "@codemirror/language";

/** @param {import("@codemirror/language").StringStream} stream */
function token(stream, state) {
  if (stream.sol()) {
    state.named = false;
    if (stream.match(/^[^\s:]+:/)) return "labelName";
  }
  if (stream.eatSpace()) return null;
  if (stream.match(/^;.*/)) return "comment";
  if (!state.named && stream.match(/^[0-9a-f]+:/)) return "meta";
  if (!state.named && stream.match(/^[.a-z][\w.]*/)) {
    state.named = true;
    return "keyword";
  }
  if (stream.match(/^#?-?(?:0x[0-9a-f]+|\d+\.?\d*)(?!\w)/)) return "number";
  if (stream.match(/^(?:byte|word|dword|qword|xmmword|ymmword|zmmword|ptr)(?!\w)/)) return "typeName";
  if (stream.match(/^[a-z][\w.]*/)) return "variableName";
  stream.next();
  return "punctuation";
}

export const asm = StreamLanguage.define({ name: "asm", startState: () => ({ named: false }), token });
