/** What the kernel makes only when somebody asks for it: what it is, the button that asks, and that it is under way. */
import { fill, h } from "../dom.js";
import { integer } from "../format.js";
import { awaited } from "./awaited.js";

/**
 * @param {any} host
 * @param {{command: string, args?: () => object, meanwhile?: () => void, about: string, button: string, cost: () => string, busy: string, lost: string, saved: string, live: () => boolean}} what
 *   command: asks for it; args: what of it, besides the function; meanwhile: makes ready what it will need; cost: what
 *   it takes, in a sentence; lost, saved: why it cannot be asked for any more, in a notebook whose kernel is gone and in
 *   a page
 */
export function onDemand(host, what) {
  let name = "";
  const asked = awaited(host);
  let clock = 0;
  const elapsed = h("span", { "aria-hidden": "true" }); // heard once, seen to go on
  const element = h("div.jx-on-demand", { "aria-live": "polite" });

  function ask() {
    asked.begin(name);
    host.command(what.command, { function: name, ...what.args?.() });
    what.meanwhile?.();
    clock = window.setInterval(count, 500);
    count();
    missing();
  }

  function count() {
    elapsed.textContent = `, ${integer(asked.seconds)} s`;
  }

  function stop() {
    asked.end();
    clearInterval(clock);
  }

  function say(...children) {
    fill(element, ...children);
    element.hidden = children.length === 0;
  }

  /** Says why it is not there, or how to get it. @param {string} [title] @param {string} [reason] why the kernel has none */
  function missing(title, reason) {
    if (reason) return say(title && h("p", {}, title), h("p.jx-quiet", {}, reason));
    if (!what.live()) return say(h("p.jx-quiet", {}, host.command ? what.lost : what.saved));
    if (asked.what) return say(h("span.jx-spinner", { "aria-hidden": "true" }), h("p", {}, what.busy, elapsed));
    say(h("p.jx-quiet", {}, what.about), h("button.jx-button", { type: "button", onclick: ask }, what.button), h("p.jx-quiet", {}, what.cost()));
  }

  return {
    element,
    /** Whether it is being made for this function. @param {string} function_ @param {any} made what has come of it so far */
    waits(function_, made) {
      if (function_ !== name || made || !what.live() || !asked.what) stop();
      name = function_;
      return asked.what !== "";
    },
    missing,
    /** Asks without a button. */
    ask,
    hide: () => say(),
    destroy: stop,
  };
}
