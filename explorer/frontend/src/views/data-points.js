/**
 * Examples as points: the target by the only input, with the line that the known answer draws through them; or one input
 * by the other, each point marked by its class or shaded by its number.
 */
import { h, svg } from "../dom.js";
import { number } from "../format.js";

const WIDTH = 360;
const HEIGHT = 190;
const PAD = { left: 44, right: 10, top: 10, bottom: 34 };
const MARKS = ["M-2.2 0a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0-4.4 0z", "M-2-2h4v4h-4z", "M0-2.8L2.6 2h-5.2z", "M0-3L3 0 0 3-3 0z", "M-2.4-2.4L2.4 2.4M-2.4 2.4L2.4-2.4", "M0-3v6M-3 0h6"];

/**
 * @param {{x?: string, y?: string, labels?: string[], shade?: [string, number, number]}} names of the axes, of the
 *   classes, and of the number that shades, with its lowest and highest value
 * @param {{x: Float32Array, y: Float32Array, label?: Uint32Array, shade?: Float32Array}} buffers
 * @param {Record<string, any> | null} truth a line where it holds the two numbers w and b
 */
export function scatter({ x: xName = "x", y: yName = "y", labels, shade }, buffers, truth) {
  const points = Array.from(buffers.x, (value, i) => [value, buffers.y[i], i]).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
  if (!points.length) return h("p.jx-quiet", {}, "There is no finite point to draw.");
  const plane = Boolean(labels || shade);
  const high = plane ? 300 : HEIGHT;
  const [left, right] = ends(points.map(([a]) => a));
  const [low, top] = ends(points.map(([, b]) => b));
  const px = (value) => PAD.left + ((value - left) / (right - left)) * (WIDTH - PAD.left - PAD.right);
  const py = (value) => high - PAD.bottom - ((value - low) / (top - low)) * (high - PAD.top - PAD.bottom);
  const w = single(truth?.w);
  const b = single(truth?.b);
  const line = !plane && w !== null && b !== null && svg("path.jx-truth-line", { d: `M${px(left)} ${py(w * left + b)}L${px(right)} ${py(w * right + b)}` });
  const floor = high - PAD.bottom;
  const said = labels ? `, marked by class: ${labels.join(", ")}` : shade ? `, shaded by ${shade[0]}` : line ? ", with the line of the known answer" : "";
  const picture = svg("svg.jx-scatter", { viewBox: `0 0 ${WIDTH} ${high}`, role: "img", "aria-label": `${points.length} examples: ${yName} by ${xName}${said}` },
    svg("path.jx-axis", { d: `M${PAD.left} ${PAD.top}V${floor}H${WIDTH - PAD.right}` }),
    points.map(([a, c, i]) => mark(px(a), py(c), buffers.label?.[i], buffers.shade?.[i])),
    line,
    svg("text", { x: PAD.left, y: floor + 14 }, number(left, 2)),
    svg("text", { x: WIDTH - PAD.right, y: floor + 14, "text-anchor": "end" }, number(right, 2)),
    svg("text", { x: PAD.left - 6, y: floor, "text-anchor": "end" }, number(low, 2)),
    svg("text", { x: PAD.left - 6, y: PAD.top + 8, "text-anchor": "end" }, number(top, 2)),
    svg("text", { x: (WIDTH + PAD.left - PAD.right) / 2, y: high - 5, "text-anchor": "middle" }, xName),
    svg("text", { x: 12, y: (PAD.top + floor) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(PAD.top + floor) / 2})` }, yName),
  );
  if (shade) return [picture, h("p.jx-quiet", {}, `${shade[0]}: black is ${number(shade[1])}, white is ${number(shade[2])}`)];
  if (!labels) return picture;
  const key = h("ul.jx-scatter-key", {}, labels.map((name, i) => h("li", {}, svg("svg.jx-scatter", { viewBox: "-5 -5 10 10", "aria-hidden": "true" }, mark(0, 0, i)), name)));
  return [picture, key];
}

/** A point: a circle, the mark of its class, or a square as bright as its number. */
function mark(x, y, label, shade) {
  if (label !== undefined) return svg("path", { class: `jx-class-${label % MARKS.length}`, d: MARKS[label % MARKS.length], transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` });
  if (shade === undefined) return svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 2.2 });
  const grey = Math.round(255 * shade);
  return svg("rect", { x: (x - 2).toFixed(1), y: (y - 2).toFixed(1), width: 4, height: 4, fill: `rgb(${grey} ${grey} ${grey})` });
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
