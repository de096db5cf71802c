/** What would save memory: each is tried when somebody asks, which compiles the program that way. */
import { fill, h } from "../dom.js";
import { awaited } from "./awaited.js";

const WAYS = [
  { change: "donation", label: "Donate the arguments", help: "Results may then take the memory of arguments, which cannot be used any more after the call." },
  { change: "checkpoint", label: "Compute again (checkpoint)", help: "Keep less for the backward pass, and compute it once more there: stretches of the function in jax.checkpoint." },
];

/** @param {any} host @param {() => boolean} live */
export function triedList(host, live) {
  const list = h("ul.jx-memory-tried");
  const element = h("div", {}, h("h5", {}, "What would save memory"), list);
  let name = "";
  let told = [];
  const asked = awaited(host);
  let drawn = ""; // what was awaited when it was drawn

  function ask(change) {
    asked.begin(change);
    host.command(`try_${change}`, { function: name });
    draw();
  }

  function draw() {
    drawn = asked.what;
    const rows = WAYS.map(({ change, label, help }) => {
      const found = told.find((one) => one.change === change);
      if (!found && !live()) return null;
      return h("li", { "data-change": change },
        found ? h("b", {}, label) : h("button.jx-button", { type: "button", title: help, disabled: drawn !== "", onclick: () => ask(change) }, `Try: ${label.toLowerCase()}`),
        drawn === change ? h("span.jx-spinner", { "aria-hidden": "true" }) : null,
        h("span", { "aria-live": "polite", class: found ? null : "jx-quiet" }, drawn === change ? "Compiling it so ..." : found ? found.sentence : help));
    });
    fill(list, rows);
    element.hidden = rows.every((row) => row === null);
  }

  return {
    element,
    /** @param {string} function_ @param {{change: string, sentence: string}[]} tried of the record's header */
    draw(function_, tried) {
      if (function_ !== name || tried.some(({ change }) => change === asked.what)) asked.end();
      name = function_;
      told = tried;
      draw();
    },
    /** Whatever went wrong is told in a notice. */
    heard() {
      if (asked.what !== drawn) draw();
    },
  };
}
