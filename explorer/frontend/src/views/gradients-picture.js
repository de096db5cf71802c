/**
 * How a flat, row-major array is laid out as a picture: which value each cell shows. Pure arithmetic, no canvas.
 *
 * @typedef {{rows: number, columns: number, square: boolean, at: (row: number, column: number) => number, name: (row: number, column: number) => string}} Layout
 *   at: the flat position of a cell, or -1 where the picture has none; name: what the cell is called on hover;
 *   square: the cells of a picture are square, those of a table need not be.
 */
import { indexOf } from "./gradients-numbers.js";

const LINE = 32; // a vector is broken into lines of this many values

/**
 * An array of any rank as a matrix: the last axis across, all others down; one that is taller than wide is turned.
 * @param {number[]} shape @param {number} size @returns {Layout & {turned: boolean}}
 */
export function wholeArray(shape, size) {
  const across = shape.length < 2 ? Math.min(size, LINE) : shape[shape.length - 1];
  const down = Math.ceil(size / across);
  const turned = shape.length > 1 && down > across;
  const flat = (row, column) => (row * across + column < size ? row * across + column : -1);
  const at = turned ? (row, column) => flat(column, row) : flat;
  const [rows, columns] = turned ? [across, down] : [down, across];
  return { rows, columns, turned, square: false, at, name: (row, column) => `[${indexOf(at(row, column), shape).join(", ")}]` };
}

/**
 * The pictures in an array that has an axis of height * width values, or starts with an axis of each, as the kernels of
 * a convolution do: one for each index of the other axes.
 * @param {number[]} shape
 * @param {[number, number]} image height and width
 * @returns {{count: number, kernels: boolean, layout: (unit: number) => Layout} | null} null where no axis fits
 */
export function pictures(shape, [height, width]) {
  const kernels = shape.length > 2 && shape[0] === height && shape[1] === width;
  const axes = kernels ? [height * width, ...shape.slice(2)] : shape;
  const axis = axes.indexOf(height * width);
  if (axis < 0) return null;
  const inner = axes.slice(axis + 1).reduce((product, size) => product * size, 1);
  const outer = axes.slice(0, axis).reduce((product, size) => product * size, 1);
  const layout = (unit) => {
    const start = Math.floor(unit / inner) * height * width * inner + (unit % inner);
    const at = (row, column) => start + (row * width + column) * inner;
    return { rows: height, columns: width, square: true, at, name: (row, column) => `${kernels ? "" : "pixel "}row ${row}, column ${column}: [${indexOf(at(row, column), shape).join(", ")}]` };
  };
  return { count: outer * inner, kernels, layout };
}

/**
 * Make a picture smaller without losing an extreme: each square of `factor` x `factor` cells becomes the one whose
 * value is largest in size; a value that is not finite wins over all.
 * @param {Layout} layout @param {Float32Array} values @param {number} factor @returns {Layout}
 */
export function pooled(layout, values, factor) {
  if (factor <= 1) return layout;
  const rows = Math.ceil(layout.rows / factor);
  const columns = Math.ceil(layout.columns / factor);
  const winner = new Int32Array(rows * columns).fill(-1); // row * layout.columns + column
  const best = new Float64Array(rows * columns).fill(-1);
  for (let row = 0; row < layout.rows; row += 1) {
    for (let column = 0; column < layout.columns; column += 1) {
      const at = layout.at(row, column);
      if (at < 0 || at >= values.length) continue;
      const cell = Math.floor(row / factor) * columns + Math.floor(column / factor);
      const size = Number.isFinite(values[at]) ? Math.abs(values[at]) : Infinity;
      if (size > best[cell]) {
        best[cell] = size;
        winner[cell] = row * layout.columns + column;
      }
    }
  }
  const of = (row, column, then, otherwise) => {
    const found = winner[row * columns + column];
    return found < 0 ? otherwise : then(Math.floor(found / layout.columns), found % layout.columns);
  };
  return { rows, columns, square: layout.square, at: (row, column) => of(row, column, layout.at, -1), name: (row, column) => of(row, column, layout.name, "") };
}
