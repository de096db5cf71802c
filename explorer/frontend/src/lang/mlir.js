/** The grammar of StableHLO as MLIR prints it: `%result = dialect.op %operand, attribute = value : type`. */
import { StreamLanguage } from "@codemirror/language";

const SHAPED = /^(?:tensor|tuple|vector|memref|complex|array)<[^<>]*(?:<[^<>]*>[^<>]*)*>/;
const SCALAR = /^(?:index|none|[su]?i\d+|bf16|f\d+\w*)(?!\w)/;
const WORD = /^(?:module|return|call|cond|do|applies|across|across_scan|to|x|attributes|public|private|true|false|dense|unit|init|dims|step)(?![\w.])/;
const RESULTS = /^\s*%[\w$.-]+(?::\d+)?(?:\s*,\s*%[\w$.-]+(?::\d+)?)*\s*=\s/;

/** @param {import("@codemirror/language").StringStream} stream */
function token(stream, state) {
  if (stream.sol()) {
    const results = RESULTS.exec(stream.string);
    state.results = results ? results[0].length : 0;
  }
  if (stream.eatSpace()) return null;
  if (stream.match(/^\/\/.*/)) return "comment";
  if (stream.match(/^loc\((?:"[^"]*"|[^()"]|\([^()]*\))*\)/) || stream.match(/^#loc\w*/)) return "meta";
  if (stream.match(/^"(?:[^"\\]|\\.)*"(?=\()/)) return "keyword";
  if (stream.match(/^"(?:[^"\\]|\\.)*"/)) return "string";
  if (stream.match(/^%[\w$.-]+(?:[:#]\d+)?/)) {
    return stream.pos <= state.results ? "variableName.definition" : "variableName";
  }
  if (stream.match(/^@(?:"[^"]*"|[\w$.-]+)/)) return "labelName";
  if (stream.match(/^\^\w+/)) return "labelName";
  if (stream.match(/^[#!][\w.$]+/)) return "className";
  if (stream.match(SHAPED)) return "typeName";
  if (stream.match(/^[a-z_]\w*\.[\w.]+(?![\w.]|\s*=)/)) return "keyword";
  if (stream.match(/^[A-Za-z_][\w.]*(?=\s*=)/)) return "propertyName";
  if (stream.match(SCALAR)) return "typeName";
  if (stream.match(WORD)) return "controlKeyword";
  if (stream.match(/^-?(?:0x[0-9A-Fa-f]+|\d+\.?\d*(?:[eE][+-]?\d+)?)/)) return "number";
  if (stream.match(/^[A-Za-z_][\w.]*/)) return "atom";
  if (stream.match(/^(?:->|=|:)/)) return "operator";
  stream.next();
  return "punctuation";
}

export const mlir = StreamLanguage.define({ name: "mlir", startState: () => ({ results: 0 }), token });
