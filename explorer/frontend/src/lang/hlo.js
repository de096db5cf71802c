/**
 * The grammar of optimized HLO: `%result = type[shape]{layout} opcode(%operands), attribute=value, metadata={...}`.
 * Metadata is one muted token, so that the instruction stands out from its provenance.
 */
import { StreamLanguage } from "@codemirror/language";

const TYPE = /^(?:pred|token|opaque|bf16|[suf]\d+\w*|c64|c128)\[[^\]]*\](?:\{[^}]*\})?/;
const METADATA = /^(?:metadata|backend_config|frontend_attributes|origin)=(?=\{)/;
const TABLE = /^(?:FileNames|FunctionNames|FileLocations|StackFrames)$/;

/** Move past a balanced `{...}`; braces inside strings do not count. */
function skipBraces(stream) {
  let depth = 0;
  while (!stream.eol()) {
    if (stream.match(/^[^{}"]+/) || stream.match(/^"(?:[^"\\]|\\.)*"/)) continue;
    const ch = stream.next();
    if (ch === "{") depth += 1;
    else if (ch === "}" && (depth -= 1) === 0) return;
  }
}

/** What a word is, by what follows it. It is read once: there are a hundred thousand lines of them. */
function word(stream, text) {
  const next = stream.peek();
  if (next === "=") return "propertyName";
  if (next === ":" && stream.match(/^: /, false)) return "variableName";
  if (next === "(" && /^[a-z][\w-]*$/.test(text)) return "keyword";
  if (text === "HloModule" || text === "ENTRY" || text === "ROOT") return "controlKeyword";
  return text === "inf" || text === "nan" ? "number" : "atom";
}

/** @param {import("@codemirror/language").StringStream} stream */
function token(stream) {
  if (stream.sol() && stream.match(TABLE)) return "controlKeyword";
  if (stream.eatSpace()) return null;
  if (stream.match(/^\/\*.*?\*\//)) return "comment";
  if (stream.match(METADATA)) {
    skipBraces(stream);
    return "meta";
  }
  if (stream.match(/^%[\w.-]+/)) return stream.match(/^(?: = | \()/, false) ? "variableName.definition" : "variableName";
  if (stream.match(/^"(?:[^"\\]|\\.)*"/)) return "string";
  if (stream.match(TYPE)) return "typeName";
  const found = /** @type {RegExpMatchArray | null} */ (stream.match(/^[A-Za-z_][\w.-]*/));
  if (found) return word(stream, found[0]);
  if (stream.match(/^-?(?:inf|nan|\d+\.?\d*(?:e[+-]?\d+)?)(?![\w.])/)) return "number";
  if (stream.match(/^(?:->|=)/)) return "operator";
  stream.next();
  return "punctuation";
}

export const hlo = StreamLanguage.define({ name: "hlo", token });
