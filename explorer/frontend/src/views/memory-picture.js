/** The picture of a call's memory: steps to the right, bytes upward; each buffer from the step that makes it to the last
 * that needs it, and above it how much is in use at each step. */
import { fill, svg } from "../dom.js";
import { bytes, integer } from "../format.js";

const LEFT = 68;
const RIGHT = 8;
const CURVE = 84; // height of the curve
const GAP = 22;
const BOTTOM = 30;
const MOST = 3000; // buffers drawn, the largest

/** 3400000 -> [0, 1e6, 2e6, 3e6]. @param {number} most */
export function ticks(most) {
  const rough = most / 4 || 1;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 2.5, 5, 10].map((each) => each * size).find((each) => each >= rough));
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

/** @param {import("./memory-buffers.js").Buffer[]} buffers */
const largest = (buffers) => (buffers.length > MOST ? [...buffers].sort((a, b) => b.bytes - a.bytes).slice(0, MOST) : buffers);

/** @param {{hover: (buffer: any | null) => void, pick: (buffer: any) => void, step: (step: number | null, by?: number) => void}} on step: to one, or by so many */
export function memoryPicture(on) {
  const element = svg("svg.jx-memory-picture", { role: "img", tabindex: "0" });
  let steps = 1;
  let [width, height] = [900, 380]; // px
  /** @type {{record: any, buffers: import("./memory-buffers.js").Buffer[]} | null} */
  let shown = null;
  let chosen = 0; // the step
  /** @type {Map<any, any>} */
  let drawn = new Map();
  let cursor = svg("line.jx-memory-step");
  const x = (step) => LEFT + (step / steps) * (width - LEFT - RIGHT);
  const bufferAt = (event) => {
    const at = event.target.closest?.("[data-buffer]");
    return at ? [...drawn.keys()][Number(at.dataset.buffer)] : null;
  };
  element.addEventListener("pointermove", (event) => on.hover(bufferAt(event)));
  element.addEventListener("pointerleave", () => on.hover(null));
  element.addEventListener("click", (event) => {
    const { left } = element.getBoundingClientRect();
    on.step(Math.floor(((event.clientX - left - LEFT) / (width - LEFT - RIGHT)) * steps));
    const buffer = bufferAt(event);
    if (buffer) on.pick(buffer);
  });
  element.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    on.step(null, by);
  });

  function draw() {
    const { record, buffers } = shown;
    const { used } = record.buffers;
    const peak = record.header.peak_bytes || 1;
    steps = used.length; // one more than there are: what is given back lives on
    const top = CURVE + GAP;
    const bottom = height - BOTTOM;
    const low = (value) => bottom - (value / peak) * (bottom - top);
    const high = (value) => CURVE - (value / peak) * (CURVE - 14);
    const line = [...used].flatMap((value, i) => [`${x(i)},${high(value)}`, `${x(i + 1)},${high(value)}`]);
    cursor = svg("line.jx-memory-step", { y1: 8, y2: bottom });
    element.setAttribute("aria-label", `What lives when: ${integer(buffers.length)} buffers over ${integer(steps - 1)} steps, ${bytes(peak)} set aside. The arrow keys move from step to step.`);
    drawn = new Map();
    fill(element,
      svg("rect.jx-memory-back", { x: LEFT, y: top, width: width - LEFT - RIGHT, height: bottom - top }),
      ticks(peak).map((value) => [
        svg("line.jx-memory-grid", { x1: LEFT, x2: width - RIGHT, y1: low(value), y2: low(value) }),
        svg("text", { x: LEFT - 6, y: low(value) + 4, "text-anchor": "end" }, bytes(value)),
      ]),
      svg("text", { x: LEFT - 6, y: high(0) + 1, "text-anchor": "end" }, "0"),
      svg("text", { x: LEFT - 6, y: high(peak) + 4, "text-anchor": "end" }, bytes(peak)),
      svg("line.jx-memory-peak", { x1: LEFT, x2: width - RIGHT, y1: high(peak), y2: high(peak) }),
      svg("text", { x: LEFT + 4, y: high(peak) - 4 }, "in use at each step; dashes: set aside"),
      svg("polygon.jx-memory-used", { points: [`${LEFT},${CURVE}`, ...line, `${x(steps)},${CURVE}`].join(" ") }),
      svg("text", { x: LEFT + 4, y: top - 6 }, "where each lies, and how long"),
      largest(buffers).map((buffer, i) => {
        const rect = svg("rect.jx-memory-place", {
          "data-buffer": i, "data-kind": buffer.kind, x: x(buffer.start), width: Math.max(0.5, x(Math.min(buffer.end + 1, steps)) - x(buffer.start)),
          y: low(buffer.at + buffer.bytes), height: Math.max(0.3, low(buffer.at) - low(buffer.at + buffer.bytes)),
        });
        drawn.set(buffer, rect);
        return rect;
      }),
      ticks(steps - 1).filter(Number.isInteger).map((step) => svg("text", { x: x(step), y: height - 14, "text-anchor": "middle" }, integer(step))),
      svg("text", { x: width - RIGHT, y: height - 1, "text-anchor": "end" }, "step: the instructions in the order in which they run"),
      cursor);
    at(chosen);
  }

  function at(step) {
    chosen = step;
    cursor.setAttribute("x1", String(x(step + 0.5)));
    cursor.setAttribute("x2", String(x(step + 0.5)));
  }

  const seen = new ResizeObserver(([{ contentRect }]) => {
    if (!shown || !contentRect.width || (contentRect.width === width && contentRect.height === height)) return;
    [width, height] = [contentRect.width, contentRect.height];
    draw();
  });
  seen.observe(element);

  return {
    element,
    at,
    /** @param {any} record @param {import("./memory-buffers.js").Buffer[]} buffers @returns {number} how many are drawn */
    draw(record, buffers) {
      shown = { record, buffers };
      [width, height] = [element.clientWidth || width, element.clientHeight || height];
      draw();
      return drawn.size;
    },
    /** @param {any | null} buffer */
    light(buffer) {
      for (const [each, rect] of drawn) if (rect.dataset.on || each === buffer) rect.dataset.on = String(each === buffer);
    },
    destroy: () => seen.disconnect(),
  };
}
