/** How a curve looks: a colour of Okabe and Ito's and a mark for each run, so that never the colour alone tells them apart. */

const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const MARKS = ["circle", "square", "triangle", "diamond", "cross", "bar"];

/** @param {number} index of the run, or of the parameter */
export function styleOf(index) {
  return { colour: COLOURS[index % COLOURS.length], mark: MARKS[(index + Math.floor(index / COLOURS.length)) % MARKS.length] };
}

/** The mark as a path. @param {string} mark @param {number} x @param {number} y @param {number} r half its size */
export function markPath(mark, x, y, r) {
  const s = r * 0.88;
  switch (mark) {
    case "square": return `M${x - s} ${y - s}h${2 * s}v${2 * s}h${-2 * s}z`;
    case "triangle": return `M${x} ${y - r}L${x + r} ${y + s}H${x - r}z`;
    case "diamond": return `M${x} ${y - r * 1.15}L${x + r * 1.15} ${y}L${x} ${y + r * 1.15}L${x - r * 1.15} ${y}z`;
    case "cross": return `M${x - r} ${y - r / 3}h${r * 2 / 3}v${-r * 2 / 3}h${r * 2 / 3}v${r * 2 / 3}h${r * 2 / 3}v${r * 2 / 3}h${-r * 2 / 3}v${r * 2 / 3}h${-r * 2 / 3}v${-r * 2 / 3}h${-r * 2 / 3}z`;
    case "bar": return `M${x - r / 2} ${y - r}h${r}v${2 * r}h${-r}z`;
    default: return `M${x - s} ${y}a${s} ${s} 0 1 0 ${2 * s} 0a${s} ${s} 0 1 0 ${-2 * s} 0z`;
  }
}
