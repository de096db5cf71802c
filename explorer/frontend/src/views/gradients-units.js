/** Picks one of many pictures: a slider, a number, two arrows, and a contact sheet of them all. */
import { h } from "../dom.js";
import { integer } from "../format.js";
import { paintInto } from "./gradients-heatmap.js";

const GAP = 2;
const MOST = 1024; // thumbnails on the sheet
const SMALLEST = 20; // CSS pixels across a thumbnail at least, so that a small kernel can be seen

/**
 * @param {number} count of pictures
 * @param {(unit: number) => void} onpick
 */
export function unitPicker(count, onpick) {
  let unit = 0;
  const last = count - 1;
  const slider = h("input.jx-unit-slider", { type: "range", min: 0, max: last, value: 0, "aria-label": "Unit" });
  const field = h("input.jx-unit-number", { type: "number", min: 0, max: last, value: 0, "aria-label": "Number of the unit" });
  const previous = h("button.jx-tool", { type: "button", "aria-label": "Previous unit", title: "Previous unit", onclick: () => pick(unit - 1) }, "‹");
  const next = h("button.jx-tool", { type: "button", "aria-label": "Next unit", title: "Next unit", onclick: () => pick(unit + 1) }, "›");
  const canvas = h("canvas.jx-sheet-canvas", { role: "img", "aria-label": `${integer(Math.min(count, MOST))} units side by side; a click picks one` });
  const frame = h("div.jx-sheet-frame");
  const sheet = h("div.jx-sheet", {}, h("div.jx-sheet-stage", {}, canvas, frame));
  const controls = h("div.jx-unit", {}, h("label.jx-unit-label", {}, "Unit ", field), h("span.jx-quiet", {}, `of 0 to ${integer(last)}`), previous, slider, next);
  let tile = { across: 1, width: 1, height: 1 };

  function pick(value) {
    if (!Number.isFinite(value)) return;
    show(Math.max(0, Math.min(last, Math.round(value))));
    onpick(unit);
  }
  function show(value) {
    unit = value;
    slider.value = field.value = String(unit);
    slider.ariaValueText = `unit ${unit}`;
    previous.disabled = unit === 0;
    next.disabled = unit === last;
    const { across, width, height } = tile;
    frame.hidden = unit >= MOST;
    Object.assign(frame.style, { left: `${(unit % across) * width}px`, top: `${Math.floor(unit / across) * height}px`, width: `${width}px`, height: `${height}px` });
  }

  slider.addEventListener("input", () => pick(slider.valueAsNumber));
  field.addEventListener("change", () => pick(field.valueAsNumber));
  for (const input of [slider, field]) input.addEventListener("keydown", (event) => event.stopPropagation());
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * tile.across);
    const row = Math.floor((event.clientY - box.top) / tile.height);
    if (row * tile.across + column < count) pick(row * tile.across + column);
  });

  return {
    controls,
    sheet,
    show,
    /**
     * Draw the sheet.
     * @param {(unit: number) => import("./gradients-picture.js").Layout} layout
     * @param {Float32Array} values
     * @param {(unit: number) => (value: number) => number[]} colour
     */
    draw(layout, values, colour) {
      const { rows, columns } = layout(0);
      const shown = Math.min(count, MOST);
      const scale = Math.max(1, Math.ceil(SMALLEST / columns)); // CSS pixels a value
      const [wide, high] = [columns + GAP, rows + GAP];
      const across = Math.max(1, Math.min(shown, Math.floor((sheet.clientWidth || 480) / (wide * scale))));
      tile = { across, width: wide * scale, height: high * scale };
      Object.assign(canvas, { width: across * wide, height: Math.ceil(shown / across) * high });
      canvas.style.width = `${canvas.width * scale}px`;
      const context = canvas.getContext("2d");
      const pixels = context.createImageData(canvas.width, canvas.height);
      for (let i = 0; i < shown; i += 1) {
        paintInto(pixels, (i % across) * wide + GAP / 2, Math.floor(i / across) * high + GAP / 2, layout(i), values, colour(i));
      }
      context.putImageData(pixels, 0, 0);
      show(unit);
    },
  };
}
