/** The grammar of LLVM IR: `%result = opcode type %operand, ...`. */
import { StreamLanguage } from "@codemirror/language";

const TYPE = /^(?:void|ptr|half|bfloat|float|double|i\d+|label|metadata|token)(?![\w.])|^<\d+ x (?:ptr|half|bfloat|float|double|i\d+)>|^\[\d+ x (?:ptr|half|bfloat|float|double|i\d+)\]/;
const WORD = /^(?:define|declare|source_filename|target|datalayout|triple|attributes|type|to|align|nsw|nuw|exact|inbounds|tail|fast|contract|reassoc|nnan|ninf|nsz|arcp|afn|disjoint|nneg|samesign)(?![\w.])/;

/** @param {import("@codemirror/language").StringStream} stream */
function token(stream) {
  const start = stream.sol();
  if (start && stream.match(/^[\w.$-]+:/)) return "labelName";
  if (stream.eatSpace()) return null;
  if (stream.match(/^;.*/)) return "comment";
  if (stream.match(/^"(?:[^"\\]|\\.)*"/)) return "string";
  if (stream.match(/^[%@](?:"[^"]*"|[\w$.-]+)/)) return stream.match(/^ = /, false) ? "variableName.definition" : "variableName";
  if (stream.match(/^[!#][\w.]*/)) return "meta";
  if (stream.match(TYPE)) return "typeName";
  if (stream.match(WORD)) return "controlKeyword";
  if (stream.match(/^-?(?:0x[0-9A-Fa-fHKLM]+|\d+\.?\d*(?:e[+-]?\d+)?)/)) return "number";
  if (stream.match(/^[a-z]\w*(?:\.[\w.]+)?/)) return "keyword";
  if (stream.match(/^[A-Za-z_][\w.]*/)) return "atom";
  stream.next();
  return "punctuation";
}

export const llvm = StreamLanguage.define({ name: "llvm", token });
