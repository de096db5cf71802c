/** A small gradient as the numbers it is: a scalar, a vector in rows of ten, or a matrix with its indices. */
import { h } from "../dom.js";
import { full, number } from "../format.js";

const VECTOR_ROW = 10;

/**
 * @param {number[]} shape
 * @param {number} size
 * @returns {{columns: number, heads: string[], rows: string[]}} how the flat values lie in a table; the names of its rows and columns
 */
export function gridOf(shape, size) {
  const vector = shape.length < 2;
  const columns = vector ? Math.min(size, VECTOR_ROW) : shape[shape.length - 1];
  const count = columns ? Math.ceil(size / columns) : 0;
  const heads = Array.from({ length: columns }, (_, i) => (vector && count > 1 ? `+${i}` : String(i)));
  const rows = Array.from({ length: count }, (_, i) => (vector ? String(i * columns) : indexOf(i, shape.slice(0, -1)).join(", ")));
  return { columns, heads, rows };
}

/** The index in each axis of a flat, row-major position. @param {number} flat @param {number[]} shape */
export function indexOf(flat, shape) {
  const index = [];
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    index.unshift(flat % shape[axis]);
    flat = Math.floor(flat / shape[axis]);
  }
  return index;
}

/**
 * @param {any} header of a gradient record
 * @param {Float32Array} values
 * @param {(value: number) => number[]} colour
 */
export function numbers({ shape, size, parameter }, values, colour) {
  if (!shape.length) return h("p.jx-scalar", { title: full(values[0]) }, Number.isFinite(values[0]) ? full(values[0]) : `✕ ${number(values[0])}`);
  const { columns, heads, rows } = gridOf(shape, size);
  return h("div.jx-numbers-scroll", {},
    h("table.jx-numbers", {},
      h("caption.jx-visually-hidden", {}, `Gradient of ${parameter}`),
      h("thead", {}, h("tr", {}, h("td"), ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, ...rows.map((name, row) =>
        h("tr", {}, h("th", { scope: "row" }, name), ...heads.map((_, column) => cell(row * columns + column, shape, size, values, colour)))))));
}

function cell(flat, shape, size, values, colour) {
  if (flat >= size) return h("td");
  const index = `[${indexOf(flat, shape).join(", ")}]`;
  if (flat >= values.length) return h("td.jx-quiet", { title: `${index} is not in this record` }, "…");
  const value = values[flat];
  if (!Number.isFinite(value)) return h("td.jx-broken", { title: `${index} is not finite` }, `✕ ${number(value)}`);
  return h("td", { title: `${index} = ${full(value)}`, style: `--jx-tint:rgb(${colour(value).join(" ")})` }, number(value));
}
