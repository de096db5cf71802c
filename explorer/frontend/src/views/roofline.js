/** Every kernel under the roof of its device: is it held up by memory or by arithmetic? Draws roofline/<function>. */
import { fill, h, svg } from "../dom.js";
import { integer, number, seconds } from "../format.js";
import { instructionName, lineStarts } from "./costs.js";
import { onDemand } from "./on-demand.js";
import { pointsOf, under } from "./roofline-points.js";

const ABOUT = "How fast each kernel is, and how fast it could be on this device: left of the edge it waits for memory, right of it for arithmetic.";
const WIDE = 860; // px of the picture's own measure
const HIGH = 400;
const [LEFT, RIGHT, TOP, BOTTOM] = [88, 22, 14, 44];
const MOST = 600; // points drawn, those that take most time

const rate = (value, unit) => {
  const units = ["", "k", "M", "G", "T", "P"];
  let step = 0;
  while (value >= 1000 && step < units.length - 1) (value /= 1000), (step += 1);
  return `${number(value)}\u00a0${units[step]}${unit}`;
};
export const flopRate = (value) => rate(value, "FLOP/s");
const byteRate = (value) => rate(value, "B/s");

/**
 * @param {any} host
 * @param {{live: () => boolean, go: (origin: {stage: string, line: number}) => void}} on
 */
export function rooflineView(host, on) {
  let name = "";
  /** @type {any} */
  let drawn = { record: null, instructions: null };
  /** @type {(line: number) => string} */
  let nameOf = () => "";

  const ask = onDemand(host, {
    command: "roofline",
    about: ABOUT,
    button: "Show the roofline",
    cost: () => "A device that is here is measured for it, for about a second.",
    busy: "Finding out how fast the device is",
    lost: "The roofline was not asked for before the kernel was gone.",
    saved: "This page was saved without the roofline.",
    live: on.live,
  });
  const told = h("p.jx-roofline-told");
  const picture = svg("svg.jx-roofline-picture", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "group", "aria-label": "Roofline" });
  const about = h("p.jx-quiet.jx-roofline-about", { "aria-live": "polite" });
  const roofs = h("ul.jx-roofline-roofs");
  const body = h("div.jx-roofline-body", {}, told, picture, about, roofs);
  const element = h("section.jx-roofline", { "aria-label": "Roofline" }, h("h4", {}, "How close to the device's limits (roofline)"), ask.element, body);

  function drawMissing() {
    body.hidden = true;
    ask.missing();
  }

  function drawAll() {
    const { record, instructions } = drawn;
    const { peaks, bandwidth, notes, device } = record.header;
    ask.hide();
    if (!bandwidth || !peaks.length || !instructions) {
      body.hidden = true;
      return ask.missing("", notes.join(" ") || "The instructions are still being counted.");
    }
    body.hidden = false;
    const roof = { peak: peaks[0].per_second, bandwidth: bandwidth.per_second };
    const { points, without, untold, total, measured } = pointsOf(instructions, roof);
    const waiting = points.filter(({ intensity }) => intensity < roof.peak / roof.bandwidth);
    const share = waiting.reduce((sum, point) => sum + point.share, 0);
    const shown = points.slice(0, MOST);
    told.textContent = points.length
      ? `Showing ${integer(shown.length)} of ${integer(total)} kernels on ${device}${without ? `; ${integer(without)} do no arithmetic and have no place here` : ""}${untold ? `; ${integer(untold)} the profile does not tell apart` : ""}. ${integer(waiting.length)} of them lie left of the edge, where memory is the limit, and take ${number(share * 100, 2)} % of the ${measured ? "measured" : "modelled"} time.`
      : `None of the ${integer(total)} kernels does arithmetic that XLA counts.`;
    about.textContent = measured ? `Point at a kernel to see what it reaches.${points.some((point) => point.speed > 1.05 * point.roof) ? " One above the roof finds its data in a cache." : ""}` : "Nothing was measured yet, so each kernel is drawn at the roof, the most that it could reach. “Measure on this device”, above, shows what it does reach.";
    fill(roofs, [...peaks, bandwidth].map((peak) => h("li", { title: peak.detail }, h("b", {}, peak === bandwidth ? byteRate(peak.per_second) : flopRate(peak.per_second)), ` ${peak.name} `, h("span.jx-tag", { "data-measure": peak.how === "measured here" ? "measured" : "modelled" }, peak.how))),
      notes.map((note) => h("li.jx-quiet", {}, note)));
    const text = host.get(`stage/${name}/hlo`)?.buffers.text ?? "";
    const starts = lineStarts(text);
    nameOf = (line) => instructionName(text, starts, line);
    drawPicture(shown, roof, peaks);
  }

  function drawPicture(points, roof, peaks) {
    const edge = roof.peak / roof.bandwidth;
    const xs = [edge / 300, edge * 30, ...points.map(({ intensity }) => intensity)];
    const ys = [roof.peak * 2, ...peaks.map(({ per_second }) => per_second), under(roof, edge / 300), ...points.map(({ speed }) => speed)];
    const [x0, x1] = [Math.floor(Math.log10(Math.min(...xs))), Math.ceil(Math.log10(Math.max(...xs)))];
    const [y0, y1] = [Math.floor(Math.log10(Math.min(...ys))), Math.ceil(Math.log10(Math.max(...ys)))];
    const x = (value) => LEFT + ((Math.log10(value) - x0) / (x1 - x0)) * (WIDE - LEFT - RIGHT);
    const y = (value) => HIGH - BOTTOM - ((Math.log10(value) - y0) / (y1 - y0)) * (HIGH - TOP - BOTTOM);
    const decades = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
    const line = (kind, ax, ay, bx, by) => svg(`line.jx-roofline-${kind}`, { x1: ax, y1: ay, x2: bx, y2: by });
    const text = (of, at, up, anchor) => svg("text.jx-roofline-tick", { x: at, y: up, "text-anchor": anchor }, of);
    fill(picture,
      decades(x0, x1).map((value) => [line("grid", x(value), TOP, x(value), HIGH - BOTTOM), text(number(value), x(value), HIGH - BOTTOM + 16, "middle")]),
      decades(y0, y1).map((value) => [line("grid", LEFT, y(value), WIDE - RIGHT, y(value)), text(flopRate(value), LEFT - 6, y(value) + 4, "end")]),
      text("FLOPs per byte (arithmetic intensity)", (LEFT + WIDE) / 2, HIGH - 8, "middle"),
      svg("path.jx-roofline-roof", { d: `M${x(10 ** x0)} ${y(under(roof, 10 ** x0))}L${x(edge)} ${y(roof.peak)}L${WIDE - RIGHT} ${y(roof.peak)}` }),
      peaks.slice(1).map(({ per_second }) => line("lower", x(per_second / roof.bandwidth), y(per_second), WIDE - RIGHT, y(per_second))),
      text("waits for memory", x(edge) - 10, HIGH - BOTTOM - 8, "end"), text("waits for arithmetic", x(edge) + 10, HIGH - BOTTOM - 8, "start"),
      line("edge", x(edge), y(roof.peak), x(edge), HIGH - BOTTOM),
      [...points].reverse().map((point) => pointOf(point, x(point.intensity), y(point.speed))));
  }

  function pointOf(point, cx, cy) {
    const what = nameOf(point.line) || point.name;
    const says = point.measured
      ? `${what}: ${flopRate(point.speed)}, ${number((point.speed / point.roof) * 100, 2)} % of what is possible at ${number(point.intensity)} FLOPs per byte; ${seconds(point.seconds)} a call, ${number(point.share * 100, 2)} % of the time (measured)`
      : `${what}: at most ${flopRate(point.speed)} at ${number(point.intensity)} FLOPs per byte; at least ${seconds(point.seconds)} a call, ${number(point.share * 100, 2)} % of the time (modelled)`;
    const tell = () => (about.textContent = says);
    const go = () => on.go({ stage: "hlo", line: point.line });
    return svg("circle.jx-roofline-point", {
      cx, cy, r: 3.5 + 9 * Math.sqrt(point.share), "data-measured": String(point.measured), "data-line": point.line, tabindex: "0", role: "button", "aria-label": says,
      onpointerenter: tell, onfocus: tell, onclick: go,
      onkeydown: (event) => event.key === "Enter" && (event.stopPropagation(), go()),
    });
  }

  return {
    element,
    /** @param {string} function_ */
    draw(function_) {
      const record = host.get(`roofline/${function_}`) ?? null;
      const instructions = host.get(`instructions/${function_}`) ?? null;
      const waits = ask.waits(function_, record);
      const same = function_ === name && record && record === drawn.record && instructions === drawn.instructions;
      name = function_;
      drawn = { record, instructions };
      if (waits || same) return;
      if (record) drawAll();
      else drawMissing();
    },
    destroy: ask.destroy,
  };
}
