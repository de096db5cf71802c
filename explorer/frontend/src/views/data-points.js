/** Examples with one input and one target as points, with the line that the known answer draws through them. */
import { h, svg } from "../dom.js";
import { number } from "../format.js";

const WIDTH = 360;
const HEIGHT = 190;
const PAD = { left: 44, right: 10, top: 10, bottom: 34 };

/**
 * @param {{x?: string, y?: string}} names of the axes
 * @param {Float32Array} xs
 * @param {Float32Array} ys
 * @param {Record<string, any> | null} truth a line where it holds the two numbers w and b
 */
export function scatter({ x: xName = "x", y: yName = "y" }, xs, ys, truth) {
  const points = Array.from(xs, (value, i) => [value, ys[i]]).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
  if (!points.length) return h("p.jx-quiet", {}, "There is no finite point to draw.");
  const [left, right] = ends(points.map(([a]) => a));
  const [low, high] = ends(points.map(([, b]) => b));
  const px = (value) => PAD.left + ((value - left) / (right - left)) * (WIDTH - PAD.left - PAD.right);
  const py = (value) => HEIGHT - PAD.bottom - ((value - low) / (high - low)) * (HEIGHT - PAD.top - PAD.bottom);
  const w = single(truth?.w);
  const b = single(truth?.b);
  const line = w !== null && b !== null && svg("path.jx-truth-line", { d: `M${px(left)} ${py(w * left + b)}L${px(right)} ${py(w * right + b)}` });
  const floor = HEIGHT - PAD.bottom;
  return svg("svg.jx-scatter", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${points.length} examples: ${yName} by ${xName}${line ? ", with the line of the known answer" : ""}` },
    svg("path.jx-axis", { d: `M${PAD.left} ${PAD.top}V${floor}H${WIDTH - PAD.right}` }),
    points.map(([a, c]) => svg("circle", { cx: px(a).toFixed(1), cy: py(c).toFixed(1), r: 2.2 })),
    line,
    svg("text", { x: PAD.left, y: floor + 14 }, number(left, 2)),
    svg("text", { x: WIDTH - PAD.right, y: floor + 14, "text-anchor": "end" }, number(right, 2)),
    svg("text", { x: PAD.left - 6, y: floor, "text-anchor": "end" }, number(low, 2)),
    svg("text", { x: PAD.left - 6, y: PAD.top + 8, "text-anchor": "end" }, number(high, 2)),
    svg("text", { x: (WIDTH + PAD.left - PAD.right) / 2, y: HEIGHT - 5, "text-anchor": "middle" }, xName),
    svg("text", { x: 12, y: (PAD.top + floor) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(PAD.top + floor) / 2})` }, yName),
  );
}

function ends(values) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = (high - low) * 0.05 || 1;
  return [low - room, high + room];
}

/** A number, or the one number in nested lists. */
function single(value) {
  const flat = [value].flat(Infinity);
  return flat.length === 1 && typeof flat[0] === "number" ? flat[0] : null;
}
