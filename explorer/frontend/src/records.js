/**
 * Records in the browser: the same bytes and the same schema as explorer/records.py.
 *
 * @typedef {{kind: string, header: any, buffers: Record<string, any>}} Rec
 *   a buffer is a typed array, or a string where its dtype is utf8
 */
import schema from "../../static/schema.json";

/** A record that does not follow the schema; names the kind and the field. */
export class RecordError extends Error {}

const ARRAYS = { uint8: Uint8Array, uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array, float32: Float32Array, float64: Float64Array };

const CHECKS = {
  string: (v) => typeof v === "string",
  boolean: (v) => typeof v === "boolean",
  integer: (v) => Number.isInteger(v),
  number: (v) => typeof v === "number",
  object: (v) => typeof v === "object" && v !== null && !Array.isArray(v),
  array: Array.isArray,
};

/**
 * @param {Uint8Array} bytes one encoded record
 * @returns {Rec}
 * @throws {RecordError}
 */
export function decode(bytes) {
  const raw = bytes.byteOffset % 8 ? bytes.slice() : bytes; // typed arrays need aligned bytes
  let body, length;
  try {
    length = new DataView(raw.buffer, raw.byteOffset).getUint32(0, true);
    body = JSON.parse(new TextDecoder().decode(raw.subarray(4, 4 + length)));
  } catch (error) {
    throw new RecordError(`These bytes are not a record: ${error.message}`);
  }
  if (body.schema !== schema.schema) {
    throw new RecordError(`This is a record of schema ${body.schema}; this page reads schema ${schema.schema}.`);
  }
  /** @type {Rec} */
  const record = { kind: body.kind, header: body.header, buffers: {} };
  const dtypes = {};
  for (const { name, dtype, offset, length: size } of body.buffers) {
    const start = raw.byteOffset + 4 + length + offset;
    dtypes[name] = dtype;
    if (dtype === "utf8") record.buffers[name] = new TextDecoder().decode(new Uint8Array(raw.buffer, start, size));
    else if (ARRAYS[dtype]) record.buffers[name] = new ARRAYS[dtype](raw.buffer, start, size / ARRAYS[dtype].BYTES_PER_ELEMENT);
    else throw new RecordError(`${body.kind}: buffer “${name}” is ${dtype}, which is not known`);
  }
  check(record, dtypes);
  return record;
}

function check({ kind, header }, dtypes) {
  const want = schema.kinds[kind];
  if (!want) throw new RecordError(`Unknown record kind “${kind}”`);
  for (const name of new Set([...Object.keys(want.header), ...Object.keys(header)])) {
    if (!(name in want.header)) throw new RecordError(`${kind}: unexpected header field “${name}”`);
    if (!(name in header)) throw new RecordError(`${kind}: header field “${name}” is missing`);
    const type = want.header[name];
    if (type.endsWith("?") && header[name] === null) continue;
    if (!CHECKS[type.replace("?", "")](header[name])) throw new RecordError(`${kind}: “${name}” must be ${type}`);
  }
  for (const name of Object.keys(want.buffers)) {
    if (name !== "*" && !(name in dtypes)) throw new RecordError(`${kind}: buffer “${name}” is missing`);
  }
  for (const [name, dtype] of Object.entries(dtypes)) {
    const allowed = want.buffers[name] ?? want.buffers["*"];
    if (!allowed) throw new RecordError(`${kind}: unexpected buffer “${name}”`);
    if (allowed !== "any" && allowed !== dtype) throw new RecordError(`${kind}: buffer “${name}” must be ${allowed}, not ${dtype}`);
  }
}

/** Puts records together that come in parts, by key; a first part abandons what was half there. */
export class Assembler {
  constructor() {
    /** @type {Map<string, Uint8Array[]>} */
    this.half = new Map();
  }

  /**
   * @param {{key: string, part: number, of: number}} item
   * @param {Uint8Array} bytes
   * @returns {Rec | null} the record when this was its last part
   */
  take({ key, part, of }, bytes) {
    if (of === 1) {
      this.half.delete(key);
      return decode(bytes.slice());
    }
    const parts = part === 0 ? [] : this.half.get(key);
    if (!parts || parts.length !== part) throw new RecordError(`${key}: part ${part} came out of turn`);
    parts.push(bytes.slice());
    this.half.set(key, parts);
    if (parts.length < of) return null;
    this.half.delete(key);
    const whole = new Uint8Array(parts.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of parts) whole.set(piece, at), (at += piece.length);
    return decode(whole);
  }
}

/** A record as it lies in a page: base64 of zlib. @param {string} text @returns {Promise<Rec>} */
export async function unpack(text) {
  const packed = Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return decode(new Uint8Array(await new Response(stream).arrayBuffer()));
}
