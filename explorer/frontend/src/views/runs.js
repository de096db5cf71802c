/** The runs on the chart: each with its line and mark, named by what differs; a click hides it, the cross removes it. */
import { fill, h, svg } from "../dom.js";
import { icon } from "../icons.js";
import { markPath, styleOf } from "./chart-styles.js";

/** @param {any} host @param {HTMLElement} el @returns {() => void} cleanup */
export function mount(host, el) {
  const list = h("ul.jx-runs", { "aria-label": "Runs" });
  fill(el, list);

  function draw() {
    const runs = host.get("runs")?.header.runs ?? [];
    const hidden = host.get("ui")?.hidden ?? [];
    const gone = host.get("connection")?.state === "gone";
    el.hidden = runs.length < 1;
    fill(list, runs.map((run, i) => {
      const off = hidden.includes(run.id);
      const toggle = () => host.pick({ hidden: off ? hidden.filter((id) => id !== run.id) : [...hidden, run.id] });
      const summary = [run.summary, run.status].filter(Boolean).join(" · ");
      return h("li.jx-run", { "data-off": off },
        h("button.jx-run-toggle", { type: "button", "aria-pressed": String(!off), title: off ? `Show ${run.name}` : `Hide ${run.name}`, onclick: toggle }, swatch(i), h("span.jx-run-name", {}, run.name)),
        summary && h("span.jx-run-summary", {}, summary),
        host.command && host.get("form") && runs.length > 1 && h("button.jx-quiet-button", { type: "button", disabled: gone, "aria-label": `Remove ${run.name}`, title: "Remove this run and its curve", onclick: () => host.command("remove_run", { run: run.id }) }, icon("close")),
      );
    }));
  }

  const offs = ["runs", "ui", "connection"].map((key) => host.on(key, draw));
  draw();
  return () => {
    for (const off of offs) off();
    el.replaceChildren();
  };
}

function swatch(index) {
  const { colour, mark } = styleOf(index);
  return svg("svg.jx-swatch", { viewBox: "0 0 28 12", "aria-hidden": "true" }, svg("path", { d: "M1 6h26", stroke: colour, "stroke-width": "2", fill: "none" }), svg("path", { d: markPath(mark, 14, 6, 4), fill: colour }));
}
