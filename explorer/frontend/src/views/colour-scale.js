/** Cividis: one hue pair from dark blue to yellow that reads the same to colour-blind eyes and in grey. */

const STOPS = [[0, 34, 78], [18, 53, 112], [59, 73, 108], [87, 93, 109], [112, 113, 115], [138, 134, 120], [165, 156, 116], [195, 179, 105], [225, 204, 85], [254, 232, 56]];

/** @param {number} level 0 to 1 @returns {number[]} red, green, blue, each 0 to 255 */
export function cividis(level) {
  const at = Math.max(0, Math.min(1, level)) * (STOPS.length - 1);
  const low = Math.min(Math.floor(at), STOPS.length - 2);
  return STOPS[low].map((from, channel) => Math.round(from + (at - low) * (STOPS[low + 1][channel] - from)));
}
