/** What is told of one gap between two kernels, or of one kernel. */
import { h } from "../dom.js";
import { bytes, integer, number, seconds } from "../format.js";
import { placeCode, placeName, shortNames } from "./panes-place.js";

const PLACES = 3; // of one kernel
const OTHERS = 12; // pairs of one gap that are told, besides the first
const PARTS = 60; // pairs inside of one kernel that are listed
const NO_TIMES = {
  recorded: "No times: XLA rules such a pair out before it estimates any.",
  slower: "XLA's estimate is not a sane time, and is not shown.",
};

/** @typedef {import("./fusions-rows.js").Kernel} Kernel */

/**
 * @param {{name: (line: number) => string, spans: (line: number) => any[], files: any[], tuned: boolean, go: (line: number) => void, keep: (span: any) => void}} on
 *   name: of the instruction on a line of the optimized HLO; tuned: false where nothing was tried out on the device
 */
export function teller(on) {
  const shown = shortNames(on.files);

  const line = (at) => h("button.jx-link", { type: "button", title: `Show %${on.name(at)} in the optimized HLO, line ${integer(at + 1)}`, onclick: () => on.go(at) }, `%${on.name(at)}`);

  function sources(what, at) {
    const own = on.spans(at).filter(({ detail, file }) => !detail && on.files[file]);
    return h("div.jx-fusions-from", {}, h("h6", {}, what, " ", line(at)), own.length
      ? h("ul.jx-sources-list", {}, own.slice(0, PLACES).map((span) => h("li", {},
          h("button.jx-sources-place", { type: "button", title: "Keep this place and show it", onclick: () => on.keep(span) }, placeName(shown[span.file], span)), placeCode(on.files[span.file].text, span))),
        own.length > PLACES ? h("li.jx-quiet", {}, `and ${integer(own.length - PLACES)} more places`) : null)
      : h("p.jx-quiet", {}, "It comes from no line of your program: JAX or XLA added it."));
  }

  function times({ fused, unfused }) {
    const most = Math.max(fused, unfused);
    const bar = (name, us) => h("div.jx-fusions-time", { title: `${number(us, 8)} µs` },
      h("dt", {}, name), h("dd", {}, h("span.jx-fusions-bar", { "aria-hidden": "true", style: `--jx-share: ${us / most}` }), seconds(us / 1e6)));
    return h("div.jx-fusions-times", {},
      h("dl", {}, bar("in one kernel", fused), bar("in separate kernels", unfused)),
      h("p", {}, h("small.jx-tag", { "data-measure": "modelled", title: "Worked out by XLA from a model of the device, not measured" }, "modelled by XLA"),
        on.tuned ? null : [" ", h("small.jx-tag", { title: "XLA tries kernels out on the device to choose the best; here is none" }, "not autotuned")]));
  }

  function pair(found, kernels) {
    const [first, second] = [kernels[found.first], kernels[found.second]];
    const { kind, text, recorded } = found.reason;
    return h("section.jx-fusions-pair", { "data-kind": kind },
      h("h5", {}, line(first.line), h("span.jx-quiet", {}, " → "), line(second.line)),
      h("p", {}, text),
      recorded ? h("p.jx-quiet", {}, "XLA wrote: ", h("q.jx-fusions-written", {}, recorded)) : null,
      Number.isFinite(found.fused) ? times(found) : NO_TIMES[kind] ? h("p.jx-quiet", {}, NO_TIMES[kind]) : null,
      h("p", { title: `${integer(found.bytes)} bytes` }, h("b", {}, bytes(found.bytes)), " go through memory between the two: the first writes, the second reads."),
      sources("First,", first.line), sources("Second,", second.line));
  }

  return {
    /** @param {import("./fusions-rows.js").Gap} gap @param {Kernel[]} kernels */
    gap({ before, after, direct, others }, kernels) {
      const empty = `Nothing passes between these two: %${on.name(after.line)} reads nothing of what %${on.name(before.line)} makes.`;
      return [
        direct ? pair(direct, kernels) : h("section.jx-fusions-pair", { "data-kind": "empty" }, h("h5", {}, line(before.line), h("span.jx-quiet", {}, " · "), line(after.line)), h("p", {}, `${empty} They only run one after the other.`)),
        others.length ? h("p.jx-fusions-others", {}, direct ? `%${on.name(after.line)} also reads of earlier kernels:` : `What %${on.name(after.line)} reads was made earlier:`) : null,
        others.slice(0, OTHERS).map((found) => pair(found, kernels)),
        others.length > OTHERS ? h("p.jx-quiet", {}, `and ${integer(others.length - OTHERS)} kernels further up`) : null,
      ];
    },
    /** @param {Kernel} kernel */
    kernel({ line: at, work, inside }) {
      const told = inside.some(({ fused }) => Number.isFinite(fused));
      return [
        h("section.jx-fusions-pair", {},
          h("h5", {}, line(at)),
          h("p", {}, inside.length ? "One kernel, fused of " : "One kernel, of ", h("code", {}, work), inside.length ? ". What these hand to each other never goes to memory." : "."),
          inside.length ? h("ul.jx-fusions-inside", { "aria-label": "What was fused" }, inside.slice(0, PARTS).map(({ producer, consumer, fused, unfused }) => h("li", {},
            line(producer), h("span.jx-quiet", {}, " → "), line(consumer),
            Number.isFinite(fused) ? h("span.jx-quiet", { title: `${number(fused, 8)} µs fused, ${number(unfused, 8)} µs apart, with all that read it` }, ` ${seconds(fused / 1e6)} fused, ${seconds(unfused / 1e6)} apart`) : null)),
            inside.length > PARTS ? h("li.jx-quiet", {}, `and ${integer(inside.length - PARTS)} more`) : null) : null,
          told ? h("p.jx-quiet", {}, "The times are modelled by XLA when it fused the two, with all that read the first.") : null,
          sources("It is", at)),
      ];
    },
  };
}
