/** Finds a text in a text, and paints what was found in an editor. */
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin } from "@codemirror/view";

/**
 * Find every place of a word or phrase.
 * @param {string} text
 * @param {string} query taken literally
 * @param {boolean} matchCase
 * @returns {number[]} the start of each match, in UTF-16 units, ascending, none overlapping
 */
export function matchesOf(text, query, matchCase) {
  if (!query) return [];
  const escaped = query.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const found = [];
  for (const match of text.matchAll(new RegExp(escaped, matchCase ? "g" : "gi"))) found.push(match.index);
  return found;
}

/**
 * The first element of an ascending list that is not below `value`.
 * @param {ArrayLike<number>} list
 * @param {number} value
 */
export function lowerBound(list, value) {
  let low = 0;
  for (let high = list.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (list[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @type {import("@codemirror/state").StateEffectType<{starts: number[], length: number, current: number}>} */
export const setMatches = StateEffect.define();

const field = StateField.define({
  create: () => ({ starts: [], length: 0, current: -1 }),
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setMatches)) return effect.value;
    return value;
  },
});

const MATCH = Decoration.mark({ class: "jx-match" });
const CURRENT = Decoration.mark({ class: "jx-match jx-match-current" });

/** Only what is on screen is painted, so a query with 100,000 matches costs as little as one with ten. */
const painter = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.decorations = paint(view);
    }
    update(update) {
      if (update.viewportChanged || update.state.field(field) !== update.startState.field(field)) {
        this.decorations = paint(update.view);
      }
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** @param {EditorView} view */
function paint(view) {
  const { starts, length, current } = view.state.field(field);
  const marks = [];
  for (const { from, to } of view.visibleRanges) {
    for (let i = lowerBound(starts, from - length); i < starts.length && starts[i] < to; i += 1) {
      marks.push((i === current ? CURRENT : MATCH).range(starts[i], starts[i] + length));
    }
  }
  return Decoration.set(marks, true);
}

export const matches = [field, painter];
