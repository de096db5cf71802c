/** The line under the panes: what is pointed at, where it comes from, and how many relatives it has in which stage. */
import { fill, h } from "../dom.js";
import { integer } from "../format.js";
import { icon } from "../icons.js";
import { placeCode, placeName, placeRule, shortNames } from "./panes-place.js";
import { STAGES, TERMS } from "./panes-stages.js";

/**
 * @typedef {{stage: string, line: number, file?: number, column?: number, spans?: import("./relatives.js").Span[]}} Origin
 *   stages: line from 0; "source": from 1; spans: where a line of another text comes from, whose stage is then "pass"
 */

/**
 * @param {{step: (by: number) => void, release: () => void, open: (stage: string) => void, file: (file: number, line: number) => void}} on
 */
export function relationBar(on) {
  const what = h("div.jx-bar-what", { role: "region", "aria-label": "Your line" });
  const counts = h("div.jx-bar-counts", { "aria-live": "polite" });
  const button = (name, label, hint, onclick) => h("button.jx-tool", { type: "button", "aria-label": label, title: hint, onclick }, icon(name));
  const previous = button("previous", "Previous relative", "Previous relative (p)", () => on.step(-1));
  const next = button("next", "Next relative", "Next relative (n)", () => on.step(1));
  const release = button("close", "Let go", "Let go (Esc)", on.release);
  const tools = h("div.jx-bar-tools", {}, previous, next, release);
  /** @type {string[]} */
  let names = [];
  const element = h("div.jx-sources", {}, what, h("div.jx-bar-relatives", {}, counts, tools));

  return {
    element,
    /** @param {string | null} missing why nothing can be traced back */
    idle(missing) {
      fill(what, h("p.jx-quiet", {}, missing ?? "Point at a line, in any pane, to see what it became and where it came from. Click keeps it, Esc lets go."));
      fill(counts);
      tools.hidden = true;
    },
    /**
     * @param {Origin} origin
     * @param {import("./relatives.js").Relation} relation
     * @param {{spans: import("./relatives.js").Span[], files: any[], pinned: boolean, at: number, stops: number}} more
     *   spans: where a stage's line comes from; at: the stop the person stepped to, -1 for none, of `stops`
     */
    show(origin, relation, { spans, files, pinned, at, stops }) {
      const source = origin.stage === "source";
      names = shortNames(files);
      const name = source ? `${names[origin.file] ?? "Line"}:${integer(origin.line)}` : `Line ${integer(origin.line + 1)}`;
      const own = spans.filter(({ detail }) => !detail);
      const list = source ? relation.places.slice(0, 4) : own;
      fill(what,
        h("span.jx-sources-line", {}, name, pinned ? h("span.jx-badge", {}, "kept") : null),
        list.length || spans.length
          ? h("ul.jx-sources-list", {}, list.map((span) => entry(span, files, !source)), source ? null : details(spans, files))
          : h("p.jx-quiet", {}, source ? "Nothing in the stages comes from here." : "comes from no line of your program: JAX or XLA added it."));
      const total = relation.count - (source ? 0 : relation.lines.get(origin.stage)?.includes(origin.line) ? 1 : 0);
      fill(counts, total > 0 ? [h("b", {}, at < 0 ? "" : `${integer(at + 1)} of ${integer(stops)} · `, `${integer(total)} ${total === 1 ? "relative" : "relatives"}`), ": ", each(relation, origin)] : source || list.length ? "no relatives" : "");
      tools.hidden = false;
      release.hidden = !pinned;
      previous.disabled = next.disabled = stops === 0;
    },
  };

  /** "3 in jaxpr, 5 in HLO", each a button that opens the pane. */
  function each(relation, origin) {
    return STAGES.flatMap(({ stage }) => {
      const lines = relation.lines.get(stage);
      const count = (lines?.length ?? 0) - (origin.stage === stage && lines?.includes(origin.line) ? 1 : 0);
      return count > 0 ? [h("button.jx-bar-count", { type: "button", title: `Show them in ${TERMS[stage]}`, onclick: () => on.open(stage) }, `${integer(count)} in ${TERMS[stage]}`)] : [];
    }).flatMap((one, i) => (i ? [", ", one] : [one]));
  }

  function entry(span, files, told) {
    const file = files[span.file];
    if (!file) return null;
    return h("li", {},
      h("button.jx-sources-place", { type: "button", title: file.file, onclick: () => on.file(span.file, span.line) }, placeName(names[span.file], span)),
      placeCode(file.text, span),
      told && span.scope ? h("span.jx-quiet", { title: "The named scope: the layer this line belongs to" }, span.scope) : null,
      told && placeRule(span.rule),
    );
  }

  /** The frames of a library inside the person's line: they can be opened, and join nothing. */
  function details(spans, files) {
    const inside = spans.filter(({ detail, file }) => detail && files[file]);
    if (!inside.length) return null;
    return h("li.jx-quiet", {}, "inside it: ", inside.slice(0, 6).flatMap((span, i) => [
      i ? " → " : null,
      h("button.jx-sources-place", { type: "button", title: `Open ${files[span.file].file}`, onclick: () => on.file(span.file, span.line) }, placeName(names[span.file], span)),
    ]));
  }
}
