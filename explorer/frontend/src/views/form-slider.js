/** A slider on a logarithmic scale beside a number, for values that people try by powers of ten. */
import { h } from "../dom.js";

const TICKS = 400;
const EVERY = 80; // ms between two values sent while it is dragged

/**
 * @param {any} field with `low` and `high`
 * @param {HTMLInputElement} input shows the value while the slider moves
 * @param {(value: string) => void} send
 */
export function slider(field, input, send) {
  const low = Math.log10(field.low > 0 ? field.low : 1e-6);
  const high = Math.log10(field.high > 0 ? field.high : 10);
  const element = h("input.jx-slider", { type: "range", min: "0", max: String(TICKS), step: "1", "aria-label": `${field.label}, logarithmic` });
  let dragging = false;
  let live = false;
  let timer = 0;

  const text = () => String(Number((10 ** (low + ((high - low) * Number(element.value)) / TICKS)).toPrecision(3))); // finer than one tick, or a key would move nothing
  const sendNow = () => {
    clearTimeout(timer);
    timer = 0;
    send(text());
  };

  element.addEventListener("input", () => {
    dragging = true;
    input.value = text();
    element.setAttribute("aria-valuetext", input.value);
    if (live) timer ||= setTimeout(sendNow, EVERY);
  });
  element.addEventListener("change", () => {
    dragging = false;
    sendNow();
  });

  return {
    element,
    draw(value, disabled) {
      live = Boolean(field.live);
      element.disabled = disabled;
      if (dragging || !(Number(value) > 0)) return;
      element.value = String(Math.round(((Math.log10(Number(value)) - low) / (high - low)) * TICKS));
      element.setAttribute("aria-valuetext", String(value));
    },
  };
}
