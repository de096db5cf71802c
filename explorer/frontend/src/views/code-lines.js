/**
 * Lines painted in an editor: each with the tint of the source line it comes from, and lit where it is a relative of
 * what is pointed at or kept. Only what is on screen is painted, so ten thousand relatives cost as little as ten.
 * Lines count from 0.
 */
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, ViewPlugin } from "@codemirror/view";
import { lowerBound } from "./code-matches.js";

const TINTS = 7; // as many as style/code.css has
const NONE = new Int32Array(0);

/**
 * @typedef {{lines: Int32Array, origin: number, spans: {from: number, to: number}[]}} Light
 *   lines: ascending; origin: the line pointed at, -1 when it is in another pane; spans: in UTF-16 units of the text
 * @typedef {{hover: Light, pin: Light, current: number, tint: (line: number) => number}} Lit
 *   current: the relative last stepped to, else -1
 */

/** @type {Light} */
export const DARK = { lines: NONE, origin: -1, spans: [] };

/** @type {import("@codemirror/state").StateEffectType<Partial<Lit>>} */
export const setLit = StateEffect.define();

/** @type {Lit} */
const NONE_LIT = { hover: DARK, pin: DARK, current: -1, tint: (_line) => -1 };

/** @type {StateField<Lit>} */
export const lit = StateField.define({
  create: () => NONE_LIT,
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setLit)) value = { ...value, ...effect.value };
    return value;
  },
});

/** @type {Map<string, Decoration>} */
const decorations = new Map();
const line = (classes) => decorations.get(classes) ?? (decorations.set(classes, Decoration.line({ class: classes })), decorations.get(classes));
const HOVERED = Decoration.mark({ class: "jx-span" });
const KEPT = Decoration.mark({ class: "jx-span jx-span-pin" });

/** @param {Int32Array} list ascending */
const holds = (list, value) => list[lowerBound(list, value)] === value;

/** @param {Lit} state @param {number} number */
function classesOf({ hover, pin, current, tint }, number) {
  const colour = tint(number);
  const classes = colour < 0 ? [] : [`jx-tint-${colour % TINTS}`];
  if (holds(hover.lines, number)) classes.push("jx-related");
  if (holds(pin.lines, number)) classes.push("jx-kin");
  if (number === hover.origin) classes.push("jx-line-hover");
  if (number === pin.origin) classes.push("jx-line-pin");
  if (number === current) classes.push("jx-line-current");
  return classes.join(" ");
}

/** @param {import("@codemirror/view").EditorView} view */
function paint(view) {
  const state = view.state.field(lit);
  const { doc } = view.state;
  const marks = [];
  for (const { from, to } of view.visibleRanges) {
    for (let at = from; at <= to; ) {
      const { number, from: start, to: end } = doc.lineAt(at);
      const classes = classesOf(state, number - 1);
      if (classes && start >= from) marks.push(line(classes).range(start));
      at = end + 1;
    }
    for (const { light, mark } of [{ light: state.hover, mark: HOVERED }, { light: state.pin, mark: KEPT }]) {
      for (const span of light.spans) if (span.to > from && span.from < to && span.to > span.from) marks.push(mark.range(span.from, span.to));
    }
  }
  return Decoration.set(marks, true);
}

const painter = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.decorations = paint(view);
    }
    update(update) {
      if (update.docChanged || update.viewportChanged || update.state.field(lit) !== update.startState.field(lit)) {
        this.decorations = paint(update.view);
      }
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** @param {Partial<Lit>} lights to begin with */
export const lines = (lights) => [lit.init(() => ({ ...NONE_LIT, ...lights })), painter];
