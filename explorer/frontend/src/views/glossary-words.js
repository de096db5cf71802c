/** From a token of a text to what is written about it: the words of its language, and what a type says by itself. */
import { bytes, integer } from "../format.js";

/**
 * @typedef {{language: string, token: string, text: string, inner: string}} Token
 *   token: what the language's grammar calls it; inner: the word under the pointer, where the token holds several
 * @typedef {{name: string, kind: string, says: string[], docs: string}} Told
 * @typedef {Record<string, [string, string]>} Words what each means and where the docs tell of it, by key
 */

const KINDS = {
  hlo: { opcode: "HLO opcode", attribute: "attribute in HLO", word: "in HLO" },
  mlir: { operation: "StableHLO operation", attribute: "attribute in StableHLO", word: "in StableHLO" },
  jaxpr: { primitive: "JAX primitive", attribute: "parameter in jaxprs", word: "in jaxprs" },
};
const OPERATION = { hlo: "opcode", mlir: "operation", jaxpr: "primitive" };
const DIALECT = { chlo: "CHLO operation", func: "MLIR function", sdy: "Shardy operation" };

/** @param {Words} words @param {Token} token @returns {Told | null} */
export function toldOf(words, { language, token, text, inner }) {
  if (!KINDS[language]) return null;
  if (token === "typeName") return typeTold(words, text);
  const look = (kind, name) => {
    const found = words[`${language} ${kind} ${name}`];
    return found ? { name, kind: DIALECT[name.split(".")[0]] ?? KINDS[language][kind], says: [found[0]], docs: found[1] } : null;
  };
  const name = text.replace(/^["#]|"$/g, "");
  if (token === "keyword") return look(OPERATION[language], name);
  if (token === "propertyName") return look("attribute", name);
  if (token === "meta") return look("attribute", inner) ?? look("attribute", name.split("=")[0]);
  if (token === "className") return look("word", name) ?? look(OPERATION[language], name);
  if (["controlKeyword", "atom", "variableName", "number"].includes(token)) return look("word", name) ?? dtypeTold(words, name);
  return null;
}

const PYTHON = { float: "f", bfloat: "bf", int: "i", uint: "u", complex: "c" };

/** A dtype as Python names it, such as float32. */
function dtypeTold(words, name) {
  const found = /^(float|bfloat|u?int|complex)(\d+)$/.exec(name);
  const short = found ? PYTHON[found[1]] + found[2] : name === "bool" ? name : "";
  const entry = words[`types dtype ${short}`];
  return entry ? { name, kind: "dtype", says: [entry[0]], docs: entry[1] } : null;
}

/** @typedef {{dtype: string, sizes: string[] | null, layout: string, tiles: string, space: string, weak: boolean}} Type */

/** Takes a type apart, as any of the languages prints it. @param {string} text @returns {Type | null} */
export function typeOf(text) {
  const hlo = /^(?:(?:Mem)?Ref\{)?([a-z]\w*)(?:<\w+>)?\[([^\]]*)\](?:\{([\d,]*)(?::([^}]*))?\})?[^*]*(\*?)$/.exec(text);
  if (hlo) {
    const [, dtype, sizes, layout = "", rest = "", weak] = hlo;
    const tiles = rest.match(/T((?:\([\d,*]+\))+)/)?.[1] ?? "";
    return { dtype, sizes: sizes ? sizes.split(",").map((each) => each.split(":")[0]) : [], layout, tiles, space: rest.match(/S\((\d+)\)/)?.[1] ?? "", weak: weak === "*" };
  }
  const tensor = /^(?:tensor|memref|vector)<((?:[\d?]+x)*)([a-zA-Z]\w*)/.exec(text);
  if (tensor) return { dtype: tensor[2], sizes: tensor[1].split("x").filter(Boolean), layout: "", tiles: "", space: "", weak: false };
  return /^[a-z]\w*$/.test(text) ? { dtype: text, sizes: null, layout: "", tiles: "", space: "", weak: false } : null;
}

/** @param {Words} words @param {string} text @returns {Told | null} */
function typeTold(words, text) {
  const type = typeOf(text);
  const dtype = type && words[`types dtype ${type.dtype}`];
  if (!dtype) return null;
  const { sizes, layout, tiles, space, weak } = type;
  const says = [dtype[0]];
  if (sizes) says.push(sizesTold(type));
  const named = (name) => words[`types shape ${name}`]?.[0] ?? "";
  if (layout.includes(",")) says.push(`Layout {${layout}}: ${orderTold(layout)}.`);
  if (tiles) says.push(`T${tiles}: ${small(named("tiles"))}`);
  if (space) says.push(`S(${space}): ${small(named("memory space"))}`);
  if (weak) says.push(named("weak type"));
  const place = tiles ? "tiles" : layout || space ? "layout" : "";
  return { name: text, kind: "type", says, docs: (place && words[`types shape ${place}`]?.[1]) || dtype[1] };
}

const small = (sentence) => sentence.charAt(0).toLowerCase() + sentence.slice(1);

/** "A matrix, 32 × 16: 512 numbers, 2.05 kB." @param {Type} type */
function sizesTold({ dtype, sizes }) {
  const shown = sizes.map((size) => (/^\d+$/.test(size) ? integer(Number(size)) : size)).join(" × ");
  const name = ["A scalar", "A vector", "A matrix"][sizes.length] ?? `An array of ${sizes.length} dimensions`;
  const of = sizes.length ? `${name}, ${shown}` : name;
  if (!sizes.every((size) => /^\d+$/.test(size))) return `${of}; its size is not known when compiling.`;
  const count = sizes.reduce((product, size) => product * Number(size), 1);
  const bits = ["pred", "bool", "i1"].includes(dtype) ? 8 : Number(/^[a-z]+(\d+)/.exec(dtype)?.[1]);
  const room = bits ? bytes((count * bits) / 8) : "";
  if (!sizes.length) return room ? `${of}, ${room}.` : `${of}.`;
  return `${of}: ${integer(count)} ${count === 1 ? "element" : "elements"}${room ? `, ${room}` : ""}.`;
}

/** @param {string} layout "1,0" @returns {string} how it lies in memory */
function orderTold(layout) {
  const order = layout.split(",").map(Number);
  const rows = order.every((dimension, i) => dimension === order.length - 1 - i);
  const columns = order.length === 2 && order[0] === 0;
  const side = `neighbours along dimension ${order[0]} lie side by side in memory`;
  if (rows) return `${side}, row after row (row-major)`;
  return columns ? `${side}, column after column (column-major)` : `${side}, those along dimension ${order.at(-1)} lie furthest apart`;
}
