/** The program really run over simulated devices, when somebody asks: whether the results are those of one device. */
import { fill, h } from "../dom.js";
import { integer, number, seconds } from "../format.js";

const ABOUT = "A process of its own makes as many devices of this machine's CPU, runs the function spread over them and on one of them, with the same arguments, and compares the results.";

/** @param {any} host @param {() => boolean} live */
export function shardedRun(host, live) {
  let name = "";
  /** @type {any} */
  let record = null;
  let asked = 0; // when, by performance.now(); 0 where it was not, or is there
  let clock = 0;
  const elapsed = h("span", { "aria-hidden": "true" });
  const state = h("div.jx-on-demand", { "aria-live": "polite" });
  const found = h("div.jx-sharded-run");
  const element = h("div.jx-sharded", {}, h("h5", {}, "Really run"), state, found);

  function ask() {
    fill(found); // what stands there is about to be another run's
    asked = performance.now();
    host.command("run_sharded", { function: name });
    clock = window.setInterval(count, 500);
    count();
    drawState();
  }

  function count() {
    elapsed.textContent = `, ${integer((performance.now() - asked) / 1000)} s`;
  }

  function stop() {
    asked = 0;
    clearInterval(clock);
  }

  function drawState() {
    const { mesh, run, problem } = record.header;
    const devices = `${integer(mesh.reduce((product, axis) => product * axis.size, 1))} simulated devices`;
    state.hidden = false;
    if (asked) return fill(state, h("span.jx-spinner", { "aria-hidden": "true" }), h("p", {}, `Running on ${devices}`, elapsed), h("button.jx-tool-button", { type: "button", onclick: () => host.command("cancel", {}) }, "Cancel"));
    state.hidden = Boolean(run);
    if (run) return;
    fill(state,
      problem ? h("p.jx-sharded-problem", { role: "alert" }, problem) : h("p.jx-quiet", {}, live() ? ABOUT : "It was not run."),
      live() ? h("button.jx-button", { type: "button", onclick: ask }, problem ? "Run it again" : `Run it on ${devices}`) : null);
  }

  function drawRun() {
    const { run } = record.header;
    if (!run) return fill(found);
    fill(found,
      h("p.jx-sharded-verdict", { "data-agrees": String(run.agrees) }, run.sentence, run.made_up ? h("span.jx-quiet", {}, " Arguments of which only the shape is known by now were made up.") : null),
      h("div.jx-compared-scroll.jx-sharded-results", { tabindex: "0", role: "region", "aria-label": "Results compared" }, h("table.jx-compared", {},
        h("thead", {}, h("tr", {}, ["Result", "Type", "On each device", "Largest difference", "of the largest value", "may be", ""].map((column, i) => h(i > 2 && i < 6 ? "th.jx-num" : "th", { scope: "col" }, column)))),
        h("tbody", {}, run.results.map(resultRow)))),
      h("p.jx-quiet", {}, `One call took ${seconds(run.one_ms / 1000)} on one device and ${seconds(run.many_ms / 1000)} on all: ${run.times}.`),
      h("details", {}, h("summary", {}, "Why they may differ by so much"), h("p.jx-quiet", {}, run.reason)),
      live() ? h("button.jx-tool-button", { type: "button", onclick: ask }, "Run it again") : null);
  }

  return {
    element,
    /** @param {string} function_ @param {any} next the record, null where there is none */
    draw(function_, next) {
      if (!next || next === record) return;
      if (function_ !== name || next !== record) stop();
      name = function_;
      record = next;
      element.hidden = !record.header.mesh.length;
      drawState();
      drawRun();
    },
    destroy: stop,
  };
}

function resultRow({ name, shape, dtype, piece, apart, share, tolerance, agrees, equal }) {
  const sizes = (dims) => `[${dims.map(integer).join(", ")}]`;
  const whole = shape.length === piece.length && shape.every((size, i) => size === piece[i]);
  return h("tr", { "data-agrees": String(agrees) },
    h("th", { scope: "row" }, h("code", {}, `result${name}`)),
    h("td", {}, h("code", {}, `${dtype}${sizes(shape)}`)),
    h("td", {}, whole ? h("span.jx-quiet", {}, "all of it") : h("code", {}, sizes(piece))),
    h("td.jx-num", {}, equal ? "none" : apart === null ? "no number" : number(apart, 2)),
    h("td.jx-num", {}, equal ? "" : share === null ? "–" : number(share, 2)),
    h("td.jx-num", {}, tolerance ? number(tolerance, 2) : "equal"),
    h("td", {}, equal ? "the same" : agrees ? "agrees" : h("b.jx-sharded-problem", {}, "differs")));
}
