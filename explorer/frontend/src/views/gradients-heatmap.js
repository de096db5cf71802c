/** A picture of numbers on a canvas: hover reads a cell, click keeps it, arrow keys walk; with a colour bar. */
import { fill, h } from "../dom.js";
import { full, integer, number } from "../format.js";
import { diverging } from "./gradients-colours.js";
import { pooled } from "./gradients-picture.js";

const MOST_HIGH = 420; // CSS pixels
const LARGEST_CELL = 26;

/** @param {{label: string}} options */
export function heatmap({ label }) {
  const canvas = h("canvas.jx-heat-canvas", { role: "img", tabindex: "0", "aria-label": label });
  const cursor = h("div.jx-heat-cursor", { hidden: true });
  const bar = h("canvas.jx-heat-bar", { width: 128, height: 1, "aria-hidden": "true" });
  const ends = h("div.jx-heat-ends");
  const note = h("p.jx-quiet", { hidden: true });
  const readout = h("output.jx-heat-readout", { "aria-live": "polite" });
  const stage = h("div.jx-heat-stage", {}, canvas, cursor);
  const element = h("div.jx-heat", {}, stage, readout, h("div.jx-heat-scale", {}, bar, ends), note);
  /** @type {{layout: import("./gradients-picture.js").Layout, values: Float32Array, limit: number, dark: boolean} | null} */
  let drawn = null;
  let shown = null; // the layout after pooling
  let cell = { width: 1, height: 1 }; // CSS pixels
  /** @type {[number, number] | null} */
  let kept = null;

  function draw() {
    const { layout, values, limit, dark } = drawn;
    const room = Math.max(64, element.clientWidth || 320);
    const factor = Math.ceil(Math.max(layout.columns / room, layout.rows / MOST_HIGH));
    shown = pooled(layout, values, factor);
    cell = cellSize(shown, room);
    paint(canvas, shown, values, diverging(limit, dark));
    canvas.style.width = `${shown.columns * cell.width}px`;
    canvas.style.height = `${shown.rows * cell.height}px`;
    note.hidden = factor <= 1;
    note.textContent = `Each square is the largest of ${factor} × ${factor} values, so that no spike is lost.`;
    drawScale(limit, dark);
    read(kept);
  }

  function drawScale(limit, dark) {
    const context = bar.getContext("2d");
    const colour = diverging(1, dark);
    const pixels = context.createImageData(128, 1);
    for (let i = 0; i < 128; i += 1) pixels.data.set([...colour((2 * i) / 127 - 1), 255], 4 * i);
    context.putImageData(pixels, 0, 0);
    fill(ends, h("span", { title: full(-limit) }, number(-limit)), h("span", {}, "0"), h("span", { title: full(limit) }, number(limit)));
  }

  /** Say what a cell holds. @param {[number, number] | null} place */
  function read(place) {
    cursor.hidden = !place;
    if (!place) return void fill(readout, h("span.jx-quiet", {}, "Point at a cell to read its value; click keeps it."));
    const [row, column] = place;
    const at = shown.at(row, column);
    const { values } = drawn;
    const value = at < 0 ? "nothing here" : at >= values.length ? "not in this record" : Number.isFinite(values[at]) ? full(values[at]) : `✕ ${number(values[at])}, not finite`;
    fill(readout, h("span.jx-quiet", {}, at < 0 ? "" : `${shown.name(row, column)} = `), h("b", {}, value));
    Object.assign(cursor.style, { left: `${column * cell.width}px`, top: `${row * cell.height}px`, width: `${cell.width}px`, height: `${cell.height}px` });
  }

  /** @param {PointerEvent} event @returns {[number, number] | null} */
  function cellAt(event) {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * shown.columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * shown.rows);
    return row >= 0 && column >= 0 && row < shown.rows && column < shown.columns ? [row, column] : null;
  }

  function keep(place) {
    kept = place;
    cursor.classList.toggle("jx-kept", place !== null);
    read(place);
  }

  canvas.addEventListener("pointermove", (event) => read(cellAt(event) ?? kept));
  canvas.addEventListener("pointerleave", () => read(kept));
  canvas.addEventListener("click", (event) => {
    const place = cellAt(event);
    keep(place && kept && place.join() === kept.join() ? null : place);
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === "Escape" && kept) keep(null);
    else if (step) {
      const [row, column] = kept ?? [0, 0];
      const into = (value, count) => Math.max(0, Math.min(count - 1, value));
      keep(kept ? [into(row + step[0], shown.rows), into(column + step[1], shown.columns)] : [0, 0]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  return {
    element,
    /**
     * @param {import("./gradients-picture.js").Layout} layout
     * @param {Float32Array} values flat; positions past its end are not in the record
     * @param {number} limit of the colours @param {boolean} dark
     */
    draw(layout, values, limit, dark) {
      if (drawn && (drawn.layout.rows !== layout.rows || drawn.layout.columns !== layout.columns)) keep(null);
      drawn = { layout, values, limit, dark };
      canvas.ariaLabel = `${label}: ${integer(layout.rows)} by ${integer(layout.columns)} values as colours; arrow keys read them`;
      draw();
    },
    /** Fit the picture to its place again. */
    resize: () => drawn && draw(),
  };
}

/** Whole pixels, so that every cell is as large as the next. @param {import("./gradients-picture.js").Layout} layout */
function cellSize({ rows, columns, square }, room) {
  const fit = (space, count) => Math.max(1, Math.min(LARGEST_CELL, Math.floor(space / count)));
  const width = fit(room, columns);
  const height = fit(MOST_HIGH, rows);
  const side = Math.min(width, height);
  return square ? { width: side, height: side } : { width: Math.min(width, 8 * side), height: Math.min(height, 8 * side) };
}

/** Paint one pixel for each cell. @param {HTMLCanvasElement} canvas */
function paint(canvas, layout, values, colour) {
  Object.assign(canvas, { width: layout.columns, height: layout.rows });
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(layout.columns, layout.rows);
  paintInto(pixels, 0, 0, layout, values, colour);
  context.putImageData(pixels, 0, 0);
}

/**
 * Paint one pixel for each cell, from a corner of an image; cells without a value stay clear.
 * @param {ImageData} pixels @param {number} left @param {number} top
 * @param {import("./gradients-picture.js").Layout} layout
 * @param {Float32Array} values
 * @param {(value: number) => number[]} colour
 */
export function paintInto({ data, width }, left, top, { rows, columns, at }, values, colour) {
  for (let row = 0; row < rows; row += 1) {
    let to = 4 * ((top + row) * width + left);
    for (let column = 0; column < columns; column += 1, to += 4) {
      const from = at(row, column);
      if (from < 0 || from >= values.length) continue;
      const found = colour(values[from]);
      data[to] = found[0];
      data[to + 1] = found[1];
      data[to + 2] = found[2];
      data[to + 3] = 255;
    }
  }
}
