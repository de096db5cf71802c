/** One parameter's gradient, opened: its figures, its numbers or their picture, and how they are spread. */
import { fill, h } from "../dom.js";
import { integer, shape } from "../format.js";
import { diverging, isDark, largest } from "./gradients-colours.js";
import { heatmap } from "./gradients-heatmap.js";
import { histogram } from "./gradients-histogram.js";
import { indexOf, numbers } from "./gradients-numbers.js";
import { pictures, wholeArray } from "./gradients-picture.js";
import { summary } from "./gradients-summary.js";
import { unitPicker } from "./gradients-units.js";

const SMALL = 64; // at most this many values are shown as numbers

/**
 * The panel; it keeps its unit, scale and axis while new records of one parameter come in.
 * @param {{get: () => number, set: (unit: number) => void}} chosenUnit which picture of many is on show
 */
export function gradientValues(chosenUnit) {
  const title = h("h3.jx-grad-title");
  const figures = h("div");
  const picture = h("div.jx-grad-picture");
  const spread = histogram();
  const cut = h("p.jx-quiet", { hidden: true });
  const broken = h("p.jx-broken", { hidden: true });
  const beside = h("div.jx-grad-beside");
  const element = h("section.jx-grad-values", { "aria-label": "Gradient values" }, title, figures, cut, broken, h("div.jx-grad-columns", {}, picture, beside));
  let record = null;
  let opened = ""; // the parameter and shape whose picture is on screen
  let redraw = () => {};

  function open({ header }) {
    const { size, image, shape: axes } = header;
    fill(beside, spread.element);
    if (size <= SMALL) return openNumbers();
    const found = image && pictures(axes, /** @type {[number, number]} */ (image));
    return found ? openUnits(found) : openArray(axes, size);
  }

  function openNumbers() {
    redraw = () => {
      const { header, buffers } = record;
      fill(picture, numbers(header, buffers.values, diverging(largest(buffers.values), isDark(element))));
    };
  }

  function openArray(axes, size) {
    const heat = heatmap({ label: "The whole gradient" });
    const layout = wholeArray(axes, size);
    const [down, across] = layout.turned ? ["columns", "rows"] : ["rows", "columns"];
    const lines = axes.length === 1 ? `${integer(size)} values in lines of ${layout.columns}`
      : `${integer(layout.rows)} ${down} down, ${integer(layout.columns)} ${across} across${layout.turned ? " (turned on its side)" : ""}`;
    fill(picture, h("p.jx-quiet", {}, lines), heat.element);
    redraw = () => heat.draw(layout, record.buffers.values, largest(record.buffers.values), isDark(element));
  }

  function openUnits(found) {
    let unit = Math.min(Math.max(0, Math.round(chosenUnit.get())), found.count - 1);
    let alone = true; // each unit on a scale of its own
    const [height, width] = record.header.image;
    const heat = heatmap({ label: "One unit's gradient" });
    const units = unitPicker(found.count, (picked) => {
      unit = picked;
      chosenUnit.set(unit);
      drawUnit();
    });
    const scale = h("button.jx-tool", { type: "button", "aria-pressed": "true", title: "On: colours reach from this unit's largest value to its negative. Off: one scale for the whole parameter.", onclick: () => {
      alone = !alone;
      scale.ariaPressed = String(alone);
      redraw();
    } }, "scale to each unit");
    const what = found.kernels ? "Each kernel" : record.header.shape[0] === height * width ? "What feeds each unit" : "What each unit feeds";
    fill(picture, h("p.jx-quiet", {}, `${what}: ${integer(height * width)} values as a picture of ${height} × ${width}`), units.controls, heat.element, scale);
    fill(beside, h("h4", {}, `All ${integer(found.count)} ${found.kernels ? "kernels" : "units"}; click one`), units.sheet, spread.element);

    const limitOf = (which) => {
      const { values } = record.buffers;
      if (!alone) return largest(values);
      const { at } = found.layout(which);
      return largest(Float32Array.from({ length: height * width }, (_, i) => values[at(Math.floor(i / width), i % width)] ?? 0));
    };
    units.show(unit);
    const drawUnit = () => heat.draw(found.layout(unit), record.buffers.values, limitOf(unit), isDark(element));
    redraw = () => {
      const dark = isDark(element);
      const whole = alone ? null : diverging(limitOf(0), dark);
      drawUnit();
      units.draw(found.layout, record.buffers.values, (which) => whole ?? diverging(limitOf(which), dark));
    };
  }

  /** Say where the first values that are not finite lie: on a large picture they are easy to miss. */
  function sayBroken({ summary: { nonfinite }, shape: axes }, values) {
    broken.hidden = nonfinite === 0;
    if (!nonfinite) return;
    const first = [];
    for (let i = 0; i < values.length && first.length < 3; i += 1) if (!Number.isFinite(values[i])) first.push(`[${indexOf(i, axes).join(", ")}]`);
    const where = first.length ? `: ${first.join(", ")}${nonfinite > first.length ? " ..." : ""}` : "";
    broken.textContent = `✕ ${integer(nonfinite)} ${nonfinite === 1 ? "value is" : "values are"} not finite${where}`;
  }

  return {
    element,
    /** @param {any} next a gradient record */
    show(next) {
      record = next;
      const { header, buffers } = record;
      const key = JSON.stringify([header.parameter, header.shape, header.image]);
      if (key !== opened) {
        opened = key;
        open(record);
      }
      fill(title, "Gradient of ", h("b", {}, header.parameter), h("span.jx-quiet", {}, ` ${shape(header.shape)} · ${header.dtype} · step ${integer(header.step)}`));
      fill(figures, summary(header));
      cut.hidden = header.shown >= header.size;
      cut.textContent = `Showing the first ${integer(header.shown)} of ${integer(header.size)} values; the figures and the histogram are of all.`;
      sayBroken(header, buffers.values);
      redraw();
      spread.draw(buffers.counts, buffers.edges);
    },
    /** Paint again: the size or the theme changed. */
    redraw: () => record && redraw(),
  };
}
