/** The line under the pointer and the line that was clicked, painted in the editor. Lines count from 1; 0 is none. */
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView } from "@codemirror/view";

/** @type {import("@codemirror/state").StateEffectType<{hover?: number, pin?: number}>} */
export const setLines = StateEffect.define();

const HOVER = Decoration.line({ class: "jx-line-hover" });
const PIN = Decoration.line({ class: "jx-line-pin" });

/** @type {StateField<{hover: number, pin: number}>} */
export const lines = StateField.define({
  create: () => ({ hover: 0, pin: 0 }),
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setLines)) value = { ...value, ...effect.value };
    return value;
  },
  provide: (field) =>
    EditorView.decorations.compute([field], (state) => {
      const { hover, pin } = state.field(field);
      const marks = [];
      if (pin) marks.push(PIN.range(state.doc.line(pin).from));
      if (hover && hover !== pin) marks.push(HOVER.range(state.doc.line(hover).from));
      return Decoration.set(marks, true);
    }),
});
