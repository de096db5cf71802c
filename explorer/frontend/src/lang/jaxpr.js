/**
 * The grammar of a printed jaxpr, line by line, so that a reader can start anywhere in a long text.
 * An equation reads `result:type = primitive[parameters] operands`.
 */
import { StreamLanguage } from "@codemirror/language";

const TYPE = /^(?:Ref|MemRef)?\{?(?:bool|key<\w+>|float0|token|(?:f|i|u|bf|c|int|uint|float|complex)\d+\w*|bfloat16)\[[^\]]*\](?:<[^>]*>)?\}?\*?/;
const BINDER = /^[A-Za-z_]\w*(?=:(?:Ref|MemRef|bool|key<|float|bfloat|f\d|i\d|u\d|bf\d|c\d|int|uint|token))/;
const NUMBER = /^-?(?:inf|nan|\d+\.?\d*(?:e[+-]?\d+)?)(?![\w])/;

/** @param {import("@codemirror/language").StringStream} stream */
function token(stream, state) {
  if (stream.sol()) state.primitive = false;
  if (stream.eatSpace()) return null;
  if (state.primitive) {
    state.primitive = false;
    if (stream.match(/^[A-Za-z_][\w-]*/)) return "keyword";
  }
  if (stream.match(/^(?:lambda|let|in)(?![\w:=])/)) return "controlKeyword";
  if (stream.match(/^[A-Za-z_]\w*(?==)/)) return "propertyName";
  if (stream.match(BINDER)) return "variableName.definition";
  if (stream.match(TYPE)) return "typeName";
  if (stream.match(/^(?:None|True|False)(?!\w)/)) return "atom";
  if (stream.match(NUMBER)) return "number";
  if (stream.match(/^'(?:[^'\\]|\\.)*'/) || stream.match(/^"(?:[^"\\]|\\.)*"/)) return "string";
  if (stream.match(/^= /)) {
    state.primitive = true;
    return "operator";
  }
  if (stream.match(/^[A-Za-z_][\w.]*\(/)) {
    stream.backUp(1);
    return "className";
  }
  if (stream.match(/^[A-Za-z_]\w*(?:\.\w+)*/)) return "variableName";
  stream.next();
  return "punctuation";
}

export const jaxpr = StreamLanguage.define({ name: "jaxpr", startState: () => ({ primitive: false }), token });
