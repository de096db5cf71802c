/** What would save memory: each is tried when somebody asks, which compiles the program that way. */
import { fill, h } from "../dom.js";

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
  let asked = "";
  let notices = 0;

  function ask(change) {
    asked = change;
    notices = host.keys("notice/").length;
    host.command(`try_${change}`, { function: name });
    draw();
  }

  function draw() {
    const rows = WAYS.map(({ change, label, help }) => {
      const found = told.find((one) => one.change === change);
      if (!found && !live()) return null;
      return h("li", { "data-change": change },
        found ? h("b", {}, label) : h("button.jx-button", { type: "button", title: help, disabled: asked !== "", onclick: () => ask(change) }, `Try: ${label.toLowerCase()}`),
        asked === change ? h("span.jx-spinner", { "aria-hidden": "true" }) : null,
        h("span", { "aria-live": "polite", class: found ? null : "jx-quiet" }, asked === change ? "Compiling it so ..." : found ? found.sentence : help));
    });
    fill(list, rows);
    element.hidden = rows.every((row) => row === null);
  }

  return {
    element,
    /** @param {string} function_ @param {{change: string, sentence: string}[]} tried of the record's header */
    draw(function_, tried) {
      if (function_ !== name || tried.some(({ change }) => change === asked)) asked = "";
      name = function_;
      told = tried;
      draw();
    },
    /** Whatever went wrong is told in a notice. */
    heard() {
      if (asked && host.keys("notice/").length > notices) ((asked = ""), draw());
    },
  };
}
