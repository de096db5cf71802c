/** A colour (Okabe and Ito's) and a shape for each parameter, the same wherever it is drawn. */

const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8c8c8c"];
const GLYPHS = ["●", "■", "▲", "◆", "▼", "★", "✚", "⬟"];

/** @param {number} index of the parameter in the model @returns {{colour: string, glyph: string}} */
export function markOf(index) {
  return { colour: COLOURS[index % COLOURS.length], glyph: GLYPHS[index % GLYPHS.length] };
}
