/** Learn: the model and the data before anything has run; then the curve, with the gradients by parameter below. */
import { fill, h } from "../dom.js";
import css from "../style/learn.css";
import * as chart from "./chart.js";
import * as data from "./data.js";
import * as gradients from "./gradients.js";
import * as model from "./model.js";
import * as rangeTest from "./range-test.js";
import * as runs from "./runs.js";

/** @param {any} host @param {HTMLElement} el @returns {() => void} cleanup */
export function mount(host, el) {
  const cleanups = [];
  const place = (view, spec, wanted = host) => {
    const slot = h(spec);
    cleanups.push(view.mount(wanted, slot));
    return slot;
  };
  // a click on a parameter here opens the tab that shows its numbers
  const leading = { ...host, pick: (patch) => host.pick(patch.parameter ? { ...patch, tab: "gradients" } : patch) };

  const curve = h("section.jx-card.jx-curve", { "aria-label": "Curves" }, place(runs, "div.jx-runs-slot"), place(chart, "div.jx-chart-slot"));
  const examples = place(data, "section.jx-card");
  const pictures = h("details.jx-pictures", {}, h("summary", {}, "Model and data"), h("div.jx-picture-grid", {}, place(model, "section.jx-card"), examples));
  const byParameter = h("section.jx-by-parameter", { "aria-label": "Gradients by parameter" }, h("h3", {}, "Gradients by parameter"), place(gradients, "div.jx-compact", leading));
  const hint = h("p.jx-quiet.jx-learn-hint");
  fill(el, h("style", {}, css), h("div.jx-learn", {}, hint, curve, place(rangeTest, "section.jx-range"), byParameter, pictures));

  /** A loop of somebody's own has commands to nobody, and gives no data. */
  const recorded = () => host.get("status") && !host.get("data") && !host.get("form");
  let ran = null;
  function draw() {
    examples.hidden = recorded();
    pictures.hidden = recorded() && !host.get("model");
    const now = [...host.get("series").values()].some(({ series }) => series.size);
    if (now === ran) return;
    ran = now;
    curve.hidden = byParameter.hidden = !now;
    hint.hidden = now;
    hint.textContent = recorded() ? "The loss and the gradients appear here with the first step that your loop hands over." : host.command ? "This is what will learn, and from what. Press Start: the loss and the gradients appear here." : "This page was saved before anything ran: it shows the model and the data.";
    pictures.open = !now;
    pictures.toggleAttribute("data-first", !now);
  }
  for (const key of ["series", "model", "data", "status"]) cleanups.push(host.on(key, draw));
  draw();
  return () => {
    for (const cleanup of cleanups) cleanup();
    el.replaceChildren();
  };
}
