/**
 * Which lines of a text can be folded: from the end of a line that leaves a bracket open to the bracket that closes
 * it, and the tables at the head of an HLO module.
 */

const CLOSES = { ")": "(", "]": "[", "}": "{" };
const BRACKETS = /["()[\]{}\n]/g;
const TABLE = /^(?:FileNames|FunctionNames|FileLocations|StackFrames)\n(?:.+\n)+/gm;

/**
 * @typedef {{from: number, to: number, lines: number, table: boolean}} Fold
 *   from, to: positions in UTF-16 units; lines: how many lines are hidden; table: numbers about the source, not code.
 */

const SLICE = 200_000; // characters read before the one who asks may pause

/**
 * Find every fold of a text, in one pass that may be paused: what it yields has no meaning.
 * @param {string} text
 * @returns {Generator<void, Map<number, Fold>>} by `from`, the end of the fold's first line; the outermost bracket of a
 *   line wins.
 */
export function* foldsOf(text) {
  /** @type {Map<number, Fold>} */
  const folds = new Map();
  /** @type {{ch: string, line: number, from: number}[]} */
  const open = []; // `from` is the end of the bracket's line, known once that line has ended
  let line = 0;
  let ended = 0; // how many of `open` have their `from`
  const brackets = new RegExp(BRACKETS);
  let pause = SLICE;
  for (let found = brackets.exec(text); found; found = brackets.exec(text)) {
    if (found.index > pause) {
      pause = found.index + SLICE;
      yield;
    }
    const ch = found[0];
    if (ch === "\n") {
      for (; ended < open.length; ended += 1) open[ended].from = found.index;
      line += 1;
    } else if (ch === '"') {
      brackets.lastIndex = endOfString(text, found.index) + 1;
    } else if (!(ch in CLOSES)) {
      open.push({ ch, line, from: -1 });
    } else {
      const at = open.findLastIndex((bracket) => bracket.ch === CLOSES[ch]);
      if (at < 0) continue; // a stray bracket in a name
      const bracket = open[at];
      open.length = at;
      ended = Math.min(ended, at);
      if (bracket.line < line && (at === 0 || open[at - 1].line !== bracket.line)) {
        folds.set(bracket.from, { from: bracket.from, to: found.index, lines: line - bracket.line, table: false });
      }
    }
  }
  for (const found of text.matchAll(TABLE)) {
    const from = found.index + found[0].indexOf("\n");
    const to = found.index + found[0].length - 1;
    folds.set(from, { from, to, lines: found[0].split("\n").length - 2, table: true });
  }
  return folds;
}

/**
 * The folds that "fold all" closes: the outermost ones, or, where the first holds the whole text, those inside it.
 * @param {Map<number, Fold>} folds
 * @param {number} length of the text
 * @returns {Fold[]}
 */
export function outermost(folds, length) {
  const sorted = [...folds.values()].sort((a, b) => a.from - b.from);
  const whole = sorted[0]?.to >= length - 2 ? sorted[0] : undefined;
  let end = -1;
  return sorted.filter((fold) => {
    if (fold === whole || fold.from < end) return false;
    end = fold.to;
    return true;
  });
}

function endOfString(text, at) {
  for (let end = at + 1; end < text.length; end += 1) {
    if (text[end] === "\\") end += 1;
    else if (text[end] === '"') return end;
    else if (text[end] === "\n") break;
  }
  return at; // never closed on its line: not a string after all
}
