/** What the kernel makes only when somebody asks for it: what it is, the button that asks, and that it is under way. */
import { fill, h } from "../dom.js";
import { integer } from "../format.js";

/**
 * @param {any} host
 * @param {{command: string, args?: () => object, meanwhile?: () => void, about: string, button: string, cost: () => string, busy: string, lost: string, saved: string, live: () => boolean}} what
 *   command: asks for it; args: what of it, besides the function; meanwhile: makes ready what it will need; cost: what it takes, in a sentence; lost, saved: why it cannot be asked for any more, in a
 *   notebook whose kernel is gone and in a page
 */
export function onDemand(host, what) {
  let name = "";
  let asked = 0; // when, by performance.now(); 0 where it was not, or is there
  let notices = 0; // how many there were then
  let clock = 0;
  const elapsed = h("span", { "aria-hidden": "true" }); // heard once, seen to go on
  const element = h("div.jx-on-demand", { "aria-live": "polite" });

  function ask() {
    asked = performance.now();
    notices = host.keys("notice/").length;
    host.command(what.command, { function: name, ...what.args?.() });
    what.meanwhile?.();
    clock = window.setInterval(count, 500);
    count();
    missing();
  }

  function count() {
    elapsed.textContent = `, ${integer((performance.now() - asked) / 1000)} s`;
  }

  function stop() {
    asked = 0;
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
    if (asked) return say(h("span.jx-spinner", { "aria-hidden": "true" }), h("p", {}, what.busy, elapsed));
    say(h("p.jx-quiet", {}, what.about), h("button.jx-button", { type: "button", onclick: ask }, what.button), h("p.jx-quiet", {}, what.cost()));
  }

  return {
    element,
    /** Whether it is being made for this function. @param {string} function_ @param {any} made what has come of it so far */
    waits(function_, made) {
      // whatever went wrong is told in a notice
      if (function_ !== name || made || !what.live() || host.keys("notice/").length > notices) stop();
      name = function_;
      return asked > 0;
    },
    missing,
    /** Asks without a button. */
    ask,
    hide: () => say(),
    destroy: stop,
  };
}
