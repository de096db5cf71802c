/**
 * The grammar of optimized HLO: `%result = type[shape]{layout} opcode(%operands), attribute=value, metadata={...}`.
 * Metadata is one muted token, so that the instruction stands out from its provenance.
 */
import { StreamLanguage } from "@codemirror/language";

const TYPE = /(?:pred|token|opaque|bf16|[suf]\d+\w*|c64|c128)\[[^\]]*\](?:\{[^}]*\})?/;
const METADATA = /(?:metadata|backend_config|frontend_attributes|origin)=(?=\{)/;
const TABLE = /^(?:FileNames|FunctionNames|FileLocations|StackFrames)$/;

/** Move past a balanced `{...}`; braces inside strings do not count. */
function skipBraces(stream) {
  let depth = 0;
  while (!stream.eol()) {
    if (stream.match(/"(?:[^"\\]|\\.)*"/)) continue;
    const ch = stream.next();
    if (ch === "{") depth += 1;
    else if (ch === "}" && (depth -= 1) === 0) return;
  }
}

/** @param {import("@codemirror/language").StringStream} stream */
function token(stream) {
  if (stream.sol() && stream.match(TABLE)) return "controlKeyword";
  if (stream.eatSpace()) return null;
  if (stream.match(/\/\*.*?\*\//)) return "comment";
  if (stream.match(METADATA)) {
    skipBraces(stream);
    return "meta";
  }
  if (stream.match(/(?:HloModule|ENTRY|ROOT)(?!\w)/)) return "controlKeyword";
  if (stream.match(/%[\w.-]+(?= = | \()/)) return "variableName.definition";
  if (stream.match(/%[\w.-]+/)) return "variableName";
  if (stream.match(/"(?:[^"\\]|\\.)*"/)) return "string";
  if (stream.match(TYPE)) return "typeName";
  if (stream.match(/(?:true|false)(?!\w)/)) return "atom";
  if (stream.match(/[A-Za-z_][\w.-]*(?==)/)) return "propertyName";
  if (stream.match(/[A-Za-z_][\w.-]*(?=: )/)) return "variableName";
  if (stream.match(/[a-z][\w-]*(?=\()/)) return "keyword";
  if (stream.match(/-?(?:inf|nan|\d+\.?\d*(?:e[+-]?\d+)?)(?![\w.])/)) return "number";
  if (stream.match(/[A-Za-z_][\w.-]*/)) return "atom";
  if (stream.match(/->|=/)) return "operator";
  stream.next();
  return "punctuation";
}

export const hlo = StreamLanguage.define({ name: "hlo", token });
