/** The grammar of Python, as far as colours need it: names, keywords, strings, numbers, comments. */
import { StreamLanguage } from "@codemirror/language";

const WORD = /^(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield)(?![\p{L}\p{N}_])/u;
const NAME = /^[\p{L}_][\p{L}\p{N}_]*/u;
const NUMBER = /^(?:0[xXbBoO][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)j?/;
const QUOTE = /^[rRbBfFuU]{0,2}("""|'''|"|')/;

/** @param {import("@codemirror/language").StringStream} stream */
function token(stream, state) {
  if (state.quote) return inString(stream, state);
  if (stream.eatSpace()) return null;
  if (stream.match(/^#.*/)) return "comment";
  const quoted = /** @type {RegExpMatchArray | null} */ (stream.match(QUOTE));
  if (quoted) {
    state.quote = quoted[1];
    return inString(stream, state);
  }
  if (state.defines) {
    state.defines = false;
    if (stream.match(NAME)) return "variableName.definition";
  }
  const word = /** @type {RegExpMatchArray | null} */ (stream.match(WORD));
  if (word) {
    state.defines = word[0] === "def" || word[0] === "class";
    return "keyword";
  }
  if (stream.match(/^(?:None|True|False|self)(?![\p{L}\p{N}_])/u)) return "atom";
  if (stream.match(/^@[\p{L}_][\p{L}\p{N}_.]*/u)) return "meta";
  if (stream.match(NUMBER)) return "number";
  if (stream.match(NAME)) return stream.match(/^\s*=(?!=)/, false) ? "propertyName" : "variableName";
  stream.next();
  return "operator";
}

/** To the end of the string, or of the line where it goes on. */
function inString(stream, state) {
  while (!stream.eol()) {
    if (stream.match(state.quote)) {
      state.quote = "";
      return "string";
    }
    if (stream.next() === "\\") stream.next();
  }
  if (state.quote.length === 1) state.quote = "";
  return "string";
}

export const python = StreamLanguage.define({ name: "python", startState: () => ({ quote: "", defines: false }), token });
