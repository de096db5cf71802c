/** A diverging colour map centred on zero: blue below, red above, safe for colour-blind eyes, on light and dark grounds. */

const LIGHT = ["#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7", "#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f"];
const DARK = ["#c6e4ff", "#8cc4f5", "#559ad6", "#2f6ba3", "#1c3d5c", "#17191d", "#5a2a1e", "#9c4630", "#d3704f", "#f2a585", "#ffdccb"];

/** What a value that is not finite is painted in; both maps hold nothing like it. */
export const NOT_FINITE = { light: [255, 0, 200], dark: [255, 64, 214] };

/** Whether the element lies on a dark page, told by its text. @param {Element} el */
export function isDark(el) {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  context.fillStyle = getComputedStyle(el).color;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
  return 0.3 * r + 0.59 * g + 0.11 * b > 128;
}

/**
 * The map as a function.
 * @param {number} limit the value painted in the last colour; -limit is painted in the first
 * @param {boolean} dark
 * @returns {(value: number) => number[]} red, green, blue, each 0 to 255
 */
export function diverging(limit, dark) {
  const table = dark ? TABLES.dark : TABLES.light;
  const alarm = dark ? NOT_FINITE.dark : NOT_FINITE.light;
  const scale = limit > 0 ? MIDDLE / limit : 0;
  return (value) => {
    if (!Number.isFinite(value)) return alarm;
    return table[Math.max(0, Math.min(2 * MIDDLE, Math.round(MIDDLE + value * scale)))];
  };
}

const MIDDLE = 500; // colours on each side of zero: finer than a screen shows

/** Worked out once: a sheet of pictures asks for a colour some 200,000 times. */
const TABLES = { light: tableOf(LIGHT), dark: tableOf(DARK) };

function tableOf(colours) {
  const stops = colours.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const last = stops.length - 1;
  return Array.from({ length: 2 * MIDDLE + 1 }, (_, i) => {
    const at = (i / (2 * MIDDLE)) * last;
    const low = Math.min(Math.floor(at), last - 1);
    return stops[low].map((from, channel) => Math.round(from + (at - low) * (stops[low + 1][channel] - from)));
  });
}

/** The largest size of the finite values; 0 where there is none. @param {Float32Array} values */
export function largest(values) {
  let found = 0;
  for (let i = 0; i < values.length; i += 1) {
    const size = Math.abs(values[i]);
    if (size > found && size < Infinity) found = size;
  }
  return found;
}
