/**
 * A line the size of a word: log10 of a norm over the steps. No spike is lost, and what is not finite is marked.
 * An SVG, not a canvas: without a GPU the browser copies every canvas on the page for each frame of the chart beside it.
 */
import { svg } from "../dom.js";

const WIDTH = 84;
const HEIGHT = 24;
const PAD = 2;

/** @param {string} colour of the line */
export function sparkline(colour) {
  const line = svg("path", { stroke: colour, fill: "none", "stroke-width": "1.25", "stroke-linejoin": "round" });
  const end = svg("path", { fill: colour });
  const crosses = svg("path.jx-spark-broken", { fill: "none", "stroke-width": "1.25" });
  const element = svg("svg.jx-spark", { role: "img", viewBox: `0 0 ${WIDTH} ${HEIGHT}` }, line, end, crosses);
  return {
    element,
    /** @param {{values: Float32Array, length: number} | undefined} series */
    draw(series) {
      const paths = series?.length ? pathsOf(series) : { line: "", end: "", crosses: "" };
      for (const [path, d] of [[line, paths.line], [end, paths.end], [crosses, paths.crosses]]) if (path.getAttribute("d") !== d) path.setAttribute("d", d);
    },
  };
}

function pathsOf(series) {
  const columns = columnsOf(series, WIDTH);
  const low = Math.min(...columns.map((column) => column.low));
  const high = Math.max(...columns.map((column) => column.high));
  const y = (value) => (high > low ? PAD + ((HEIGHT - 2 * PAD) * (high - value)) / (high - low) : HEIGHT / 2).toFixed(1);
  const x = (i) => (columns.length > 1 ? PAD + ((WIDTH - 2 * PAD) * i) / (columns.length - 1) : WIDTH / 2).toFixed(1);
  let line = "";
  let crosses = "";
  let pen = false;
  columns.forEach((column, i) => {
    if (column.broken) crosses += `M${x(i)} 4m-3-3l6 6m-6 0l6-6`;
    if (column.low > column.high) return void (pen = false);
    line += `${pen ? "L" : "M"}${x(i)} ${y(column.high)}`;
    if (column.low < column.high) line += `L${x(i)} ${y(column.low)}`;
    pen = true;
  });
  const last = columns.length - 1;
  const end = columns[last].high >= columns[last].low ? `M${x(last)} ${y(columns[last].last)}m-1.5-1.5h3v3h-3z` : "";
  return { line, end, crosses };
}

/** The lowest, highest and last log10 in each of at most `width` equal stretches of the series. */
function columnsOf({ values, length }, width) {
  const count = Math.min(length, Math.max(2, Math.floor(width / 2)));
  const columns = Array.from({ length: count }, () => ({ low: Infinity, high: -Infinity, last: 0, broken: false }));
  for (let i = 0; i < length; i += 1) {
    const column = columns[Math.min(count - 1, Math.floor((i * count) / length))];
    const value = Math.log10(values[i]);
    if (!Number.isFinite(values[i])) column.broken = true;
    else if (Number.isFinite(value)) {
      // a norm of exactly zero has no logarithm and leaves a gap
      column.low = Math.min(column.low, value);
      column.high = Math.max(column.high, value);
      column.last = value;
    }
  }
  return columns;
}
