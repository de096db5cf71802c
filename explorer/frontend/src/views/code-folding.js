/** Folding in the editor: what can be folded comes from lang/folds.js, not from a syntax tree, so it is there at once. */
import { codeFolding, foldEffect, foldGutter, foldService, foldedRanges, unfoldAll } from "@codemirror/language";
import { StateEffect, StateField } from "@codemirror/state";
import { h } from "../dom.js";
import { integer } from "../format.js";
import { foldsOf, outermost } from "../lang/folds.js";

/** @typedef {Map<number, import("../lang/folds.js").Fold>} Folds */

/** @type {import("@codemirror/state").StateEffectType<Folds>} */
const setFolds = StateEffect.define();

/** @type {StateField<Folds>} */
const field = StateField.define({
  create: () => new Map(),
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setFolds)) return effect.value;
    return value;
  },
});

const lines = (count) => `${integer(count)} ${count === 1 ? "line" : "lines"}`;

export const folding = [
  field,
  foldService.of((state, _from, end) => state.field(field).get(end) ?? null),
  codeFolding({
    preparePlaceholder: (state, range) => state.field(field).get(range.from)?.lines ?? 0,
    placeholderDOM: (_view, onclick, count) =>
      h("button.jx-fold", { type: "button", onclick, title: `Show ${lines(count)}`, "aria-label": `${lines(count)} folded; show them` }, `… ${lines(count)} …`),
  }),
  foldGutter({
    markerDOM: (open) => h("span.jx-fold-mark", { title: open ? "Fold (f)" : "Unfold (f)" }, open ? "▾" : "▸"),
    foldingChanged: (update) => update.state.field(field) !== update.startState.field(field),
  }),
];

const LONG = 1_000_000; // characters
const BUDGET = 12; // ms of one go through a long text

/**
 * Find the folds of the text in the editor, and close the tables that tell where lines came from. A short text's folds
 * are there when this returns; a long one's come in slices, so that the page stays at hand.
 * @param {import("@codemirror/view").EditorView} view
 * @param {string} text the same text
 * @param {AbortSignal} signal when the editor has another text
 */
export function findFolds(view, text, signal) {
  const search = foldsOf(text);
  (function go() {
    const since = performance.now();
    let step = search.next();
    while (!step.done && (text.length < LONG || performance.now() - since < BUDGET)) step = search.next();
    if (signal.aborted) return;
    if (!step.done) return void setTimeout(go);
    const folds = step.value;
    const tables = [...folds.values()].filter((fold) => fold.table);
    view.dispatch({ effects: [setFolds.of(folds), ...tables.map((fold) => foldEffect.of(fold))] });
  })();
}

/** Close every fold of the outermost level. @param {import("@codemirror/view").EditorView} view */
export function foldAll(view) {
  const folded = foldedRanges(view.state);
  const closed = (fold) => {
    let found = false;
    folded.between(fold.from, fold.from, (from, to) => void (found ||= from === fold.from && to === fold.to));
    return found;
  };
  const open = outermost(view.state.field(field), view.state.doc.length).filter((fold) => !closed(fold));
  view.dispatch({ effects: open.map((fold) => foldEffect.of(fold)) });
}

export { unfoldAll };
