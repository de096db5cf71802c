/** Finds passes by a few letters of their names. */
import { h } from "../dom.js";

/**
 * The places of the letters of a query in a name, in order; null where it does not have them. Letters that follow each
 * other are preferred, wherever in the name.
 * @param {string} name @param {string} query
 * @returns {number[] | null}
 */
export function fuzzy(name, query) {
  const text = name.toLowerCase();
  const wanted = query.toLowerCase().replace(/\s+/g, "");
  const whole = text.indexOf(wanted);
  if (whole >= 0) return Array.from({ length: wanted.length }, (_, i) => whole + i);
  const found = [];
  for (const letter of wanted) {
    const at = text.indexOf(letter, (found.at(-1) ?? -1) + 1);
    if (at < 0) return null;
    found.push(at);
  }
  return found;
}

/** A name with the letters marked that were found. @param {string} name @param {number[] | null} places */
export function marked(name, places) {
  if (!places?.length) return [name];
  const wanted = new Set(places);
  return [...name].map((letter, i) => (wanted.has(i) ? h("b", {}, letter) : letter));
}
