/**
 * Which lines belong together: two lines of two stages are relatives when they come from the same place of the program
 * under the same named scope. Symmetric, never transitive: a fusion of two lines does not join what comes from each.
 *
 * A stage's links are rows of eight: text line from 0, file, first line from 1, first column from 0 in code points,
 * last line, last column, scope or -1, flags. They are sorted by text line. All of it stays in typed arrays: a large
 * module has a million rows.
 */
import { lowerBound } from "./code-matches.js";

const ROW = 8;
const CARRIED = 1; // came through optimization, not the instruction's own
const DETAIL = 2; // a library's frame inside the person's line: shown, never used to join
export const RULE = 2; // bits of the flags before the number of the rule that carried it
const NONE = new Int32Array(0);

/**
 * @typedef {{file: number, line: number, column: number, lastLine: number, lastColumn: number}} Place
 * @typedef {Place & {scope: string, carried: boolean, detail: boolean, rule: {words: string, why: string} | null}} Span rule: how it was carried to the line
 * @typedef {{lines: Map<string, Int32Array>, places: Place[], count: number}} Relation
 *   lines: by stage, ascending; places: in the program; count: how many lines in all
 */

/**
 * Index the links of an inspection once.
 * @param {Array<{stage: string, links: Int32Array, scopes: string[], rules?: {words: string, why: string}[], heads?: Int32Array | null}>} stages
 *   heads: of a text whose lines come in groups, the first line of each, which has the links of all
 */
export function relativesOf(stages) {
  const places = new Places(stages);
  const scopes = new Map([["", 0]]);
  const keys = new Map(); // a place under a scope
  /** @type {number[]} */
  const placeOfKey = [];
  const all = new Map(stages.map(({ stage, links, scopes: names, rules = [], heads = null }) => {
    const global = names.map((name) => scopes.get(name) ?? (scopes.set(name, scopes.size), scopes.size - 1));
    const rows = links.length / ROW;
    const keyOfRow = new Int32Array(rows).fill(-1);
    for (let row = 0; row < rows; row += 1) {
      if (links[ROW * row + 7] & DETAIL) continue;
      const place = places.of(links, row);
      const scope = links[ROW * row + 6] < 0 ? 0 : global[links[ROW * row + 6]];
      const wanted = scope * places.most + place;
      let key = keys.get(wanted);
      if (key === undefined) {
        keys.set(wanted, (key = placeOfKey.length));
        placeOfKey.push(place);
      }
      keyOfRow[row] = key;
    }
    return [stage, { links, names, rules, keyOfRow, lines: column(links, rows), heads }];
  }));
  const byKey = new Map([...all].map(([stage, { keyOfRow, lines }]) => [stage, buckets(keyOfRow, lines, placeOfKey.length)]));
  const sourceLines = sourceLinesOf(places);
  const tints = new Map(sourceLines.map((line, i) => [sourceLine(line), i]));

  const numberOfKey = Int32Array.from(placeOfKey, (place) => tints.get(sourceLine(places.get(place))));

  /** The rows of a line as [first, end). */
  function rowsOf(stage, line) {
    const { lines, heads } = all.get(stage) ?? { lines: NONE, heads: null };
    const from = heads ? heads[lowerBound(heads, line + 1) - 1] ?? -1 : line;
    return [lowerBound(lines, from), lowerBound(lines, from + 1)];
  }

  function joined(found) {
    const lines = new Map();
    let count = 0;
    for (const stage of all.keys()) {
      const { starts, lines: sorted } = byKey.get(stage);
      const parts = [];
      for (const key of found) if (starts[key + 1] > starts[key]) parts.push(sorted.subarray(starts[key], starts[key + 1]));
      const merged = mergeSorted(parts);
      if (merged.length) lines.set(stage, merged);
      count += merged.length;
    }
    const seen = new Set([...found].map((key) => placeOfKey[key]));
    return { lines, places: [...seen].map((place) => places.get(place)).sort(inOrder), count };
  }

  return {
    /** The relatives of a line of a stage, itself among them. @param {string} stage @param {number} line from 0 @returns {Relation} */
    of(stage, line) {
      const [first, end] = rowsOf(stage, line);
      const found = new Set();
      for (let row = first; row < end; row += 1) found.add(all.get(stage).keyOfRow[row]);
      found.delete(-1);
      return joined(found);
    },
    /**
     * The relatives of a place in the program: of the innermost span around it, or, where no span holds the column, of
     * every span on the line.
     * @param {number} file @param {number} line from 1 @param {number} [at] column from 0, in code points
     * @returns {Relation}
     */
    at(file, line, at) {
      const around = places.near(file, line);
      const holding = at === undefined ? [] : around.filter((place) => holds(places.get(place), line, at));
      const inner = holding.sort((a, b) => extent(places.get(a)) - extent(places.get(b)))[0];
      const wanted = new Set(inner === undefined ? around.filter((place) => places.get(place).line === line) : [inner]);
      if (!wanted.size) for (const place of around) wanted.add(place);
      const found = new Set();
      placeOfKey.forEach((place, key) => wanted.has(place) && found.add(key));
      return joined(found);
    },
    /** The relatives of a line of another text than the stages', by where it comes from. @param {Span[]} spans @returns {Relation} */
    among(spans) {
      const found = new Set();
      for (const span of spans) {
        const place = span.detail ? undefined : places.find(span);
        const key = place === undefined || !scopes.has(span.scope) ? undefined : keys.get(scopes.get(span.scope) * places.most + place);
        if (key !== undefined) found.add(key);
      }
      return joined(found);
    },
    /** Where a line comes from, each span once; library details last. @returns {Span[]} */
    spansOf(stage, line) {
      const [first, end] = rowsOf(stage, line);
      const { links, names, rules } = all.get(stage) ?? {};
      const found = new Map();
      for (let row = first; row < end; row += 1) {
        const [, file, from, at, lastLine, lastColumn, scope, flags] = links.subarray(ROW * row, ROW * row + ROW);
        const span = { file, line: from, column: at, lastLine, lastColumn, scope: names[scope] ?? "", carried: (flags & CARRIED) > 0, detail: (flags & DETAIL) > 0, rule: rules[(flags >> RULE) - 1] ?? null };
        const id = [file, from, at, scope, flags & DETAIL].join();
        if (!found.has(id)) found.set(id, span);
      }
      return [...found.values()].sort((a, b) => Number(a.detail) - Number(b.detail) || Number(a.carried) - Number(b.carried));
    },
    /** The number of the colour of a line's first source line, -1 for none. @param {string} stage @param {number} line from 0 */
    tint(stage, line) {
      const [first, end] = rowsOf(stage, line);
      for (let row = first; row < end; row += 1) {
        const key = all.get(stage).keyOfRow[row];
        if (key >= 0) return numberOfKey[key];
      }
      return -1;
    },
    /** The same for a line of the program. @param {number} file @param {number} line from 1 */
    tintAt: (file, line) => tints.get(sourceLine({ file, line })) ?? -1,
    /** Every line of the program that anything comes from, in order. @type {{file: number, line: number}[]} */
    sourceLines,
    /** The numbers in `sourceLines` of those that a line of a stage comes from, each once. @returns {number[]} */
    sourcesOf(stage, line) {
      const [first, end] = rowsOf(stage, line);
      const found = [];
      for (let row = first; row < end; row += 1) {
        const key = all.get(stage).keyOfRow[row];
        const number = key < 0 ? -1 : numberOfKey[key];
        if (number >= 0 && !found.includes(number)) found.push(number);
      }
      return found;
    },
  };
}

/** The places the links name, each start once, numbered; the end is that of the earliest stage, which knows it best. */
class Places {
  constructor(stages) {
    let [lines, columns] = [1, 1];
    this.most = 1; // more places than there can be
    for (const { links } of stages) {
      for (let at = 0; at < links.length; at += ROW) {
        lines = Math.max(lines, links[at + 2] + 1, links[at + 4] + 1);
        columns = Math.max(columns, links[at + 3] + 1, links[at + 5] + 1);
      }
      this.most += links.length / ROW;
    }
    this.lines = lines;
    this.columns = columns;
    this.starts = new Map();
    this.ids = new Map();
    /** @type {Place[]} */
    this.all = [];
    /** @type {Map<number, number[]>} */
    this.byFile = new Map();
  }

  of(links, row) {
    const start = ROW * row; // no slice: this runs a million times
    const file = links[start + 1];
    const line = links[start + 2];
    const at = links[start + 3];
    const lastLine = links[start + 4];
    const lastColumn = links[start + 5];
    // By the end too: `x.sum()` and `x.sum() - y` start at the same place. In two steps, to stay below 2 ** 53.
    const from = (file * this.lines + line) * this.columns + at;
    let first = this.starts.get(from);
    if (first === undefined) this.starts.set(from, (first = this.starts.size));
    const wanted = (first * this.lines + lastLine) * this.columns + lastColumn;
    let id = this.ids.get(wanted);
    if (id === undefined) {
      this.ids.set(wanted, (id = this.all.length));
      this.all.push({ file, line, column: at, lastLine: Math.max(line, lastLine), lastColumn });
      if (!this.byFile.has(file)) this.byFile.set(file, []);
      this.byFile.get(file).push(id);
    }
    return id;
  }

  get(id) {
    return this.all[id];
  }

  /** The number of a place, undefined where no link names it. @param {Place} place */
  find(place) {
    const first = this.starts.get((place.file * this.lines + place.line) * this.columns + place.column);
    return first === undefined ? undefined : this.ids.get((first * this.lines + place.lastLine) * this.columns + place.lastColumn);
  }

  /** The places that begin on a line or reach over it. */
  near(file, line) {
    return (this.byFile.get(file) ?? []).filter((id) => this.all[id].line <= line && this.all[id].lastLine >= line);
  }
}

/** In the order of the program, so that neighbours get different colours. */
function sourceLinesOf(places) {
  const lines = new Map(places.all.map(({ file, line }) => [sourceLine({ file, line }), { file, line }]));
  return [...lines.values()].sort((a, b) => a.file - b.file || a.line - b.line);
}

const sourceLine = ({ file, line }) => file * 2 ** 32 + line;
const inOrder = (a, b) => a.file - b.file || a.line - b.line || a.column - b.column;
const extent = ({ line, column: at, lastLine, lastColumn }) => (lastLine - line) * 1e6 + lastColumn - at;
const holds = (place, line, at) =>
  (place.line < line || place.column <= at) && (place.lastLine > line || at < Math.max(place.lastColumn, place.column + 1));

function column(links, rows) {
  const lines = new Int32Array(rows);
  for (let row = 0; row < rows; row += 1) lines[row] = links[ROW * row];
  return lines;
}

/** The lines of each key, one after the other: those of key k are lines[starts[k]] to lines[starts[k + 1]]. */
function buckets(keyOfRow, lineOfRow, keys) {
  const starts = new Int32Array(keys + 1);
  for (const key of keyOfRow) if (key >= 0) starts[key + 1] += 1;
  for (let key = 0; key < keys; key += 1) starts[key + 1] += starts[key];
  const next = starts.slice();
  const lines = new Int32Array(starts[keys]);
  keyOfRow.forEach((key, row) => {
    if (key >= 0) lines[next[key]++] = lineOfRow[row];
  });
  return { starts, lines };
}

/** Ascending lists to one, each value once. @param {Int32Array[]} parts */
function mergeSorted(parts) {
  if (!parts.length) return NONE;
  const whole = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let size = 0;
  for (const part of parts) whole.set(part, size), (size += part.length);
  whole.sort();
  let kept = 0;
  for (let i = 0; i < whole.length; i += 1) if (i === 0 || whole[i] !== whole[i - 1]) whole[kept++] = whole[i];
  return whole.subarray(0, kept);
}
