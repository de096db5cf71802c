/** What stands above a chart: the metric, linear or logarithmic, smoothing, and what the lines mean. */
import { assign, fill, h, svg } from "../dom.js";
import { integer } from "../format.js";

const SMOOTHING = [0, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000]; // steps

/** @param {any} host @param {() => void} whole shows the whole run again */
export function chartTools(host, whole) {
  const metric = h("select.jx-select", { "aria-label": "Metric", onchange: () => host.pick({ metric: metric.value }) });
  const scale = h("div.jx-segments", { role: "radiogroup", "aria-label": "Axis of values" }, ["linear", "log"].map((name) => h("button.jx-segment", { type: "button", role: "radio", "data-scale": name, onclick: () => host.pick({ scale: name }) }, name === "log" ? "log" : "linear")));
  const amount = h("span.jx-smooth-amount");
  const slider = h("input.jx-slider", { type: "range", min: "0", max: String(SMOOTHING.length - 1), step: "1", "aria-label": "Smoothing", oninput: () => host.pick({ smoothing: SMOOTHING[Number(slider.value)] }) });
  const key = h("span.jx-chart-key");
  const reset = h("button.jx-tool-button", { type: "button", hidden: true, title: "A double click on the chart does the same", onclick: whole }, "Whole run");
  const element = h("div.jx-chart-tools", {}, metric, key, h("span.jx-chart-choices", {}, reset, scale, h("label.jx-smooth", {}, "smooth", slider, amount)));

  let options = "";
  return {
    element,
    /** @param {Array<{name: string, title: string}>} metrics */
    draw(metrics, chosen, logarithmic, smoothing, curves, zoomed) {
      const names = metrics.map(({ name }) => name).join();
      if (names !== options) {
        options = names;
        fill(metric, metrics.map(({ name, title }) => h("option", { value: name }, title)));
      }
      assign(metric, { value: chosen });
      for (const button of scale.children) {
        const on = (button.dataset.scale === "log") === logarithmic;
        assign(button, { ariaChecked: String(on), tabIndex: on ? 0 : -1 });
      }
      const length = smoothing ? `${integer(smoothing)} steps` : "off";
      assign(slider, { value: String(Math.max(0, SMOOTHING.findIndex((each) => each >= smoothing))), ariaValueText: length });
      assign(amount, { textContent: length });
      assign(reset, { hidden: !zoomed });
      const kinds = new Set(curves.map(({ dashed }) => dashed));
      const parameters = curves.length > 1 && curves.every(({ mark }) => mark) && kinds.size === 1 && !curves[0].dashed;
      const lines = kinds.size > 1 ? [["train", ""], ["held out", "5 3"]] : [];
      const state = JSON.stringify([lines, parameters && curves.map(({ name, colour }) => [name, colour])]);
      if (key.dataset.state === state) return;
      key.dataset.state = state;
      fill(key, lines.map(([name, dash]) => h("span", {}, svg("svg.jx-swatch", { viewBox: "0 0 28 12", "aria-hidden": "true" }, svg("path", { d: "M1 6h26", stroke: "currentColor", "stroke-width": "2", "stroke-dasharray": dash })), name)));
    },
  };
}
