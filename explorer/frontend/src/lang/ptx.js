/** The grammar of PTX, NVIDIA's assembly language: `kernel:  // about it`, `.directive`, `opcode.type %register, ...;`. */
import { StreamLanguage } from "@codemirror/language";

/** @param {import("@codemirror/language").StringStream} stream */
function token(stream, state) {
  if (stream.sol()) {
    state.named = false;
    if (stream.match(/^[^\s:]+:(?=\s|$)/)) return "labelName";
  }
  if (stream.eatSpace()) return null;
  if (stream.match(/^\/\/.*/)) return "comment";
  if (stream.match(/^"(?:[^"\\]|\\.)*"/)) return "string";
  if (stream.match(/^\.(?:[bsuf](?:8|16|32|64|128)|f16x2|bf16(?:x2)?|pred)(?![\w.])/)) return "typeName";
  if (stream.match(/^\.[a-z]\w*/)) return "controlKeyword";
  if (stream.match(/^@!?%\w+/)) return "meta";
  if (stream.match(/^%[\w.]+/)) return "variableName";
  if (stream.match(/^0[fdFD][0-9A-Fa-f]{8,16}(?!\w)/) || stream.match(/^-?(?:0x[0-9a-fA-F]+|\d+\.?\d*)(?!\w)/)) return "number";
  if (!state.named && stream.match(/^[a-z]\w*(?:[.:]+\w+)*/)) {
    state.named = true;
    return "keyword";
  }
  if (stream.match(/^[\w$]+/)) return "atom";
  if (stream.next() === ";") state.named = false;
  return "punctuation";
}

export const ptx = StreamLanguage.define({ name: "ptx", startState: () => ({ named: false }), token });
