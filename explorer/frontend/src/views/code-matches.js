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
  const lower = matchCase ? text : lowered(text);
  const wanted = matchCase ? query : query.toLowerCase();
  if (lower === null || wanted.length !== query.length) return slowly(text, query);
  const found = [];
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, at + wanted.length)) found.push(at);
  return found;
}

/** A few letters have a small form of another length, which would shift what comes after: then the slow way is right. */
function slowly(text, query) {
  const escaped = query.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return Array.from(text.matchAll(new RegExp(escaped, "gi")), (match) => match.index);
}

const kept = { text: "", lower: /** @type {string | null} */ ("") };

/** The text in small letters, kept for the next letter typed; null where its length differs. */
function lowered(text) {
  if (kept.text !== text) {
    const lower = text.toLowerCase();
    Object.assign(kept, { text, lower: lower.length === text.length ? lower : null });
  }
  return kept.lower;
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
