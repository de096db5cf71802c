/**
 * Which lines of the person's program made a line of a stage, from a stage record's `spans`:
 * rows of (text line, source, first line, first column, last line, last column); lines of the text count from 0,
 * lines of the program from 1, columns from 0 in code points.
 */
import { lowerBound } from "./code-matches.js";

/** @typedef {{source: number, line: number, column: number, lastLine: number, lastColumn: number}} Span */

/**
 * Index the spans by line of the text.
 * @param {Int32Array | undefined} rows flat, six numbers a row
 * @returns {(line: number) => Span[]} the spans of a line, each once, in the order of the record
 */
export function spansByLine(rows) {
  const count = Math.floor((rows?.length ?? 0) / 6);
  const order = Array.from({ length: count }, (_, row) => row).sort((a, b) => rows[6 * a] - rows[6 * b] || a - b);
  const lines = Int32Array.from(order, (row) => rows[6 * row]);
  return (line) => {
    const spans = new Map();
    for (let i = lowerBound(lines, line); i < count && lines[i] === line; i += 1) {
      const [, source, first, column, lastLine, lastColumn] = rows.subarray(6 * order[i], 6 * order[i] + 6);
      spans.set([source, first, column, lastLine, lastColumn].join(), { source, line: first, column, lastLine, lastColumn });
    }
    return [...spans.values()];
  };
}

/**
 * Cut a source line at its span.
 * @param {string | null} text the whole source, or null where the record does not hold it
 * @param {Span} span
 * @returns {[string, string, string] | null} before, inside and after the span on its first line, less the indent
 */
export function excerpt(text, span) {
  const line = text?.split("\n")[span.line - 1];
  if (line === undefined) return null;
  const points = [...line];
  const indent = points.findIndex((ch) => ch !== " " && ch !== "\t");
  const start = Math.max(indent, Math.min(span.column, points.length));
  const known = span.lastColumn > span.column || span.lastLine > span.line;
  const end = !known ? start : span.lastLine > span.line ? points.length : Math.min(span.lastColumn, points.length);
  const cut = (from, to) => points.slice(from, to).join("");
  return [cut(Math.max(indent, 0), start), cut(start, end), cut(end, points.length).trimEnd()];
}

/** "train.py:42:13", the column counted from 1 as editors do. */
export function place(source, span) {
  const name = source.file.split(/[\\/]/).pop();
  return `${name}:${span.line}:${span.column + 1}`;
}
