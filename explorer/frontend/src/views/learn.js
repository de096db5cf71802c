/** Learn: the model and the data before anything has run; then the curve, with the gradients by parameter below. */
import { fill, h } from "../dom.js";
import css from "../style/learn.css";
import * as chart from "./chart.js";
import * as data from "./data.js";
import * as gradients from "./gradients.js";
import * as model from "./model.js";
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
  const pictures = h("details.jx-pictures", {}, h("summary", {}, "Model and data"), h("div.jx-picture-grid", {}, place(model, "section.jx-card"), place(data, "section.jx-card")));
  const byParameter = h("section.jx-by-parameter", { "aria-label": "Gradients by parameter" }, h("h3", {}, "Gradients by parameter"), place(gradients, "div.jx-compact", leading));
  const hint = h("p.jx-quiet.jx-learn-hint");
  fill(el, h("style", {}, css), h("div.jx-learn", {}, hint, curve, byParameter, pictures));

  let ran = null;
  function draw() {
    const now = [...host.get("series").values()].some(({ series }) => series.size);
    if (now === ran) return;
    ran = now;
    curve.hidden = byParameter.hidden = !now;
    hint.hidden = now;
    hint.textContent = host.command ? "This is what will learn, and from what. Press Start: the loss and the gradients appear here." : "This page was saved before anything ran: it shows the model and the data.";
    pictures.open = !now;
    pictures.toggleAttribute("data-first", !now);
  }
  cleanups.push(host.on("series", draw));
  draw();
  return () => {
    for (const cleanup of cleanups) cleanup();
    el.replaceChildren();
  };
}
