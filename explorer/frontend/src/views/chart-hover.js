/** The values under the pointer, each with all its digits, at the step of each curve that is nearest. */
import { assign, fill, h, svg } from "../dom.js";
import { full, integer } from "../format.js";
import { markPath } from "./chart-styles.js";

/** The index of the point nearest to `step`. */
function nearest(series, step) {
  const after = series.indexOf(step);
  if (after === 0) return 0;
  if (after === series.length) return after - 1;
  return step - series.steps[after - 1] <= series.steps[after] - step ? after - 1 : after;
}

export function chartHover() {
  const element = h("div.jx-chart-hover", { role: "status", hidden: true });

  /**
   * @param {any} plot uPlot
   * @param {import("./chart-curves.js").Curve[]} curves
   * @param {Array<{step: number, text: string}>} events
   */
  function show(plot, curves, events) {
    const { left } = plot.cursor;
    const filled = curves.filter(({ series }) => series.length);
    assign(element, { hidden: left < 0 || !filled.length });
    if (element.hidden) return;
    const under = plot.posToVal(left, "x");
    const step = nearestStep(filled, under);
    const perPixel = (plot.scales.x.max - plot.scales.x.min) / plot.over.clientWidth;
    const rows = filled.map(({ series, name, colour, mark, dashed }) => {
      const at = nearest(series, step);
      const other = series.steps[at] !== step;
      return [
        svg("svg.jx-swatch", { viewBox: "0 0 28 12", "aria-hidden": "true" }, svg("path", { d: "M1 6h26", stroke: colour, "stroke-width": "2", "stroke-dasharray": dashed ? "5 3" : "" }), mark && svg("path", { d: markPath(mark, 14, 6, 4), fill: colour })),
        h("span.jx-hover-name", {}, name, other && h("span.jx-hover-step", {}, ` at ${integer(series.steps[at])}`)),
        h("span.jx-hover-value", {}, full(series.values[at])),
      ];
    });
    const changes = events.filter((event) => Math.abs(event.step - under) <= 6 * perPixel).map((event) => h("span.jx-hover-event", {}, `changed at step ${integer(event.step)}: ${event.text}`));
    fill(element, h("span.jx-hover-title", {}, `step ${integer(step)}`), rows, changes);
    const room = plot.over.clientWidth;
    const at = plot.over.offsetLeft + left;
    element.style.left = left > room / 2 ? "auto" : `${at + 14}px`;
    element.style.right = left > room / 2 ? `${plot.root.clientWidth - at + 14}px` : "auto";
  }
  return { element, show };
}

/** The step of the curve that has a point closest to the pointer: usually the one with the most points. */
function nearestStep(curves, under) {
  const steps = curves.map(({ series }) => series.steps[nearest(series, under)]);
  return steps.reduce((best, step) => (Math.abs(step - under) < Math.abs(best - under) ? step : best));
}
