/** How the values of a gradient are spread: one bar for each bin, its count on a linear or logarithmic axis. */
import { fill, h, svg } from "../dom.js";
import { full, integer, number } from "../format.js";

const WIDTH = 400;
const HEIGHT = 170;
const INSET = { left: 58, right: 12, top: 8, bottom: 24 };

/** Heights of the bars, 0 to 1. @param {ArrayLike<number>} counts @param {boolean} log */
export function heights(counts, log) {
  const scale = log ? (count) => Math.log10(1 + count) : (count) => count;
  const most = scale(Math.max(1, ...Array.from(counts)));
  return Array.from(counts, (count) => scale(count) / most);
}

/** @returns {{element: HTMLElement, draw: (counts: Uint32Array, edges: Float32Array) => void}} */
export function histogram() {
  let log = false;
  let drawn = null;
  const picture = svg("svg.jx-hist", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  const readout = h("output.jx-heat-readout");
  const button = h("button.jx-tool", { type: "button", "aria-pressed": "false", title: "Count axis: logarithmic shows rare values beside frequent ones", onclick: toggle }, "log counts");
  const element = h("div.jx-hist-box", {}, h("div.jx-hist-head", {}, h("h4", {}, "How the values are spread"), button), picture, readout);

  function toggle() {
    log = !log;
    button.ariaPressed = String(log);
    draw();
  }

  function draw() {
    const { counts, edges } = drawn;
    const inner = { width: WIDTH - INSET.left - INSET.right, height: HEIGHT - INSET.top - INSET.bottom };
    const [low, high] = [edges[0], edges[edges.length - 1]];
    const x = (value) => INSET.left + (high > low ? ((value - low) / (high - low)) * inner.width : inner.width / 2);
    const base = INSET.top + inner.height;
    const total = counts.reduce((sum, count) => sum + count, 0);
    const most = Math.max(...counts);
    picture.ariaLabel = `Histogram of ${integer(total)} finite values from ${number(low)} to ${number(high)}; the fullest bin holds ${integer(most)}`;
    fill(picture,
      ...ticks(most, log).map(([count, height]) => [
        svg("line.jx-hist-grid", { x1: INSET.left, x2: WIDTH - INSET.right, y1: base - height * inner.height, y2: base - height * inner.height }),
        svg("text.jx-hist-text", { x: INSET.left - 5, y: base - height * inner.height + 4, "text-anchor": "end" }, integer(count)),
      ]),
      ...heights(counts, log).map((height, i) => {
        const left = x(edges[i]);
        const width = Math.max(0.5, x(edges[i + 1]) - left - 0.5);
        return [
          svg("rect.jx-hist-bar", { x: left, width, y: base - height * inner.height, height: height * inner.height }),
          svg("rect.jx-hist-hit", { x: left, width: width + 0.5, y: INSET.top, height: inner.height, "data-bin": i }),
        ];
      }),
      low < 0 && high > 0 ? svg("line.jx-hist-zero", { x1: x(0), x2: x(0), y1: INSET.top, y2: base }) : null,
      svg("text.jx-hist-text", { x: INSET.left, y: HEIGHT - 8, "text-anchor": "start" }, number(low)),
      low < 0 && high > 0 && x(0) > INSET.left + 60 && x(0) < WIDTH - 72 ? svg("text.jx-hist-text", { x: x(0), y: HEIGHT - 8, "text-anchor": "middle" }, "0") : null,
      svg("text.jx-hist-text", { x: WIDTH - INSET.right, y: HEIGHT - 8, "text-anchor": "end" }, number(high)),
    );
    say(null);
  }

  function say(bin) {
    if (bin === null) return void fill(readout, h("span.jx-quiet", {}, "Point at a bar to read its count."));
    const { counts, edges } = drawn;
    fill(readout, h("b", {}, integer(counts[bin])), h("span.jx-quiet", {}, ` of ${full(edges[bin])} to ${full(edges[bin + 1])}`));
  }

  picture.addEventListener("pointermove", (event) => say(event.target.dataset.bin === undefined ? null : Number(event.target.dataset.bin)));
  picture.addEventListener("pointerleave", () => drawn && say(null));

  return {
    element,
    draw(counts, edges) {
      drawn = { counts, edges };
      draw();
    },
  };
}

/** Two or three counts worth a line, with their heights. */
function ticks(most, log) {
  const top = Math.max(1, most);
  if (!log) return [[top, 1], ...(top > 3 ? [[Math.round(top / 2), Math.round(top / 2) / top]] : [])];
  const powers = [];
  for (let power = 10; power < top; power *= 10) powers.push([power, Math.log10(1 + power) / Math.log10(1 + top)]);
  return powers.length ? powers : [[top, 1]];
}
