/** What a pass changed: lines that went and came, by computation, unchanged stretches folded; each leads to its source. */
import { fill, h } from "../dom.js";
import { integer } from "../format.js";
import { tellWords } from "./glossary-plain.js";

const ROWS = 200; // drawn from the start, so that scrubbing stays smooth
const MORE = 2000; // drawn with each press on "more" of one computation

/** @typedef {import("./passes-texts.js").Row} Row */

/**
 * @param {{point: (row: Row | null) => void, keep: (row: Row) => void, groups: (open: Set<number>) => import("./passes-texts.js").Group[]}} on
 */
export function passDiff(on) {
  let open = new Set(); // stretches that are shown whole
  /** @type {Map<string, boolean>} */
  let shown = new Map(); // computations that the person opened or closed
  /** @type {Map<string, number>} */
  let most = new Map(); // rows drawn of computations whose rest the person asked for
  /** @type {Map<HTMLElement, Row>} */
  let rows = new Map();
  let current = -1;
  let only = ""; // the computation that is shown, "" for all; it stays through the passes
  const select = h("select.jx-passes-only", { "aria-label": "Computation", onchange: () => ((only = select.value), draw()) });
  const choice = h("label.jx-passes-choice", {}, h("span.jx-quiet", {}, "Computation "), select);
  const element = h("div.jx-diff.jx-passes-diff", { role: "region", tabindex: "0", "aria-label": "What the pass changed" });

  const words = tellWords(element);
  element.addEventListener("pointerover", (event) => on.point(rows.get(event.target.closest(".jx-diff-line")) ?? null));
  element.addEventListener("pointerleave", () => on.point(null));
  element.addEventListener("click", (event) => {
    const row = rows.get(event.target.closest(".jx-diff-line"));
    if (row && element.getRootNode().getSelection?.()?.isCollapsed !== false) on.keep(row);
  });
  element.addEventListener("keydown", (event) => {
    if (event.target !== element) return;
    const lines = [...rows.keys()];
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -lines.length, End: lines.length }[event.key];
    if (by !== undefined && lines.length) {
      lines[current]?.classList.remove("jx-diff-current");
      current = Math.max(0, Math.min(lines.length - 1, current + by));
      lines[current].classList.add("jx-diff-current");
      lines[current].scrollIntoView({ block: "nearest" });
      on.point(rows.get(lines[current]));
    } else if (event.key === "Enter" && current >= 0) on.keep(rows.get(lines[current]));
    else if (event.key === "i" && current >= 0) words.ask(lines[current]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  function draw() {
    const all = on.groups(open);
    const groups = only ? all.filter(({ name }) => name === only) : all;
    offer(all);
    rows = new Map();
    current = -1;
    let drawn = 0;
    fill(element, groups.map((group) => {
      const yes = shown.get(group.name) ?? (drawn < ROWS && !group.moved);
      const limit = most.get(group.name) ?? ROWS;
      const left = group.rows.length - limit;
      if (yes) drawn += Math.min(group.rows.length, limit);
      const toggle = () => (shown.set(group.name, !yes), draw());
      const head = h("button.jx-diff-head", { type: "button", "aria-expanded": String(yes), onclick: toggle },
        h("span", { "aria-hidden": "true" }, yes ? "▾ " : "▸ "), group.name || "the head of the module",
        h("span.jx-quiet", {}, group.moved ? " stands elsewhere, unchanged" : ` −${integer(group.removed)} +${integer(group.added)}`));
      const more = () => (most.set(group.name, limit + MORE), draw());
      return [head, yes ? group.rows.slice(0, limit).map(line) : null,
        yes && left > 0 ? h("button.jx-diff-skip", { type: "button", onclick: more }, `Show ${integer(Math.min(left, MORE))} of ${integer(left)} more lines`) : null];
    }));
    if (!groups.length) fill(element, h("p.jx-quiet", {}, `This pass changed nothing in ${only}.`));
  }

  /** The computations that can be chosen: those that this pass changed, and the one that is chosen. */
  function offer(groups) {
    const named = groups.filter(({ name, moved }) => name && !moved);
    const rest = only && !named.some(({ name }) => name === only) ? [{ name: only, removed: 0, added: 0 }] : [];
    fill(select, h("option", { value: "", selected: only === "" }, `all that changed (${integer(named.length)})`),
      [...named, ...rest].map(({ name, removed, added }) => h("option", { value: name, selected: name === only }, `${name}  −${integer(removed)} +${integer(added)}`)));
    select.value = only;
  }

  function line(row) {
    if ("skip" in row) {
      const words = `${integer(row.skip)} unchanged ${row.skip === 1 ? "line" : "lines"}`;
      return h("button.jx-diff-skip", { type: "button", title: "Show them", onclick: () => (open.add(row.before), draw()) }, `… ${words} …`);
    }
    const cut = row.text.indexOf(", metadata={");
    const node = h("div.jx-diff-line", { "data-kind": row.kind },
      h("span.jx-diff-number", {}, row.before < 0 ? "" : integer(row.before + 1)),
      h("span.jx-diff-number", {}, row.after < 0 ? "" : integer(row.after + 1)),
      h("span.jx-diff-kind", {}, row.kind === "-" ? "−" : row.kind),
      h("span.jx-diff-text", { "data-hlo": "line" }, cut < 0 ? row.text : row.text.slice(0, cut), cut < 0 ? null : h("span.jx-diff-meta", {}, row.text.slice(cut))));
    rows.set(node, row);
    return node;
  }

  return {
    element,
    choice,
    /** Draw another pass from its top. */
    show() {
      open = new Set();
      shown = new Map();
      most = new Map();
      draw();
      element.scrollTop = 0;
    },
  };
}
