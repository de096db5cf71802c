/** A place of the program in words: its file and line, and the code itself with the span marked. */
import { h } from "../dom.js";

/** @typedef {import("./relatives.js").Place} Place */

/**
 * Cut a source line at its span.
 * @param {string | null} text the whole file, or null where the record does not hold it
 * @param {Place} place
 * @returns {[string, string, string] | null} before, inside and after the span on its first line, less the indent
 */
export function excerpt(text, place) {
  const line = text?.split("\n", place.line)[place.line - 1];
  if (line === undefined) return null;
  const points = [...line];
  const indent = points.findIndex((ch) => ch !== " " && ch !== "\t");
  const start = Math.max(indent, Math.min(place.column, points.length));
  const known = place.lastColumn > place.column || place.lastLine > place.line;
  const end = !known ? start : place.lastLine > place.line ? points.length : Math.min(place.lastColumn, points.length);
  const cut = (from, to) => points.slice(from, to).join("");
  return [cut(Math.max(indent, 0), start), cut(start, end), cut(end, points.length).trimEnd()];
}

/**
 * The names of files, short where no other file is called the same.
 * @param {{title: string}[]} files
 * @returns {string[]}
 */
export function shortNames(files) {
  const last = files.map(({ title }) => title.split(/[\\/]/).pop());
  return last.map((name, i) => (last.indexOf(name) === last.lastIndexOf(name) ? name : files[i].title));
}

/** "train.py:42:13", the column counted from 1 as editors do. @param {string} title the file's name @param {Place} place */
export const placeName = (title, { line, column }) => `${title}:${line}:${column + 1}`;

/** The code of a place, its span marked. @param {string | null} text @param {Place} place */
export function placeCode(text, place) {
  const cut = excerpt(text, place);
  return cut && h("code.jx-sources-code", {}, cut[0], cut[1] ? h("mark.jx-sources-mark", {}, cut[1]) : null, cut[2]);
}

/** How a place came to a line that does not name it: a few words, the sentence on hover and focus. @param {{words: string, why: string} | null} rule */
export const placeRule = (rule) => rule && h("span.jx-quiet.jx-term.jx-carried", { tabindex: "0", "data-hint": rule.why }, rule.words);
