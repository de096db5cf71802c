/**
 * The text after each pass, made in the browser of the first text and what each pass changes; and what that is, folded
 * and by computation. Steps count from 0: the text before the first pass; lines count from 0.
 */
import { lowerBound } from "./code-matches.js";
import { RULE } from "./relatives.js";

const STRIDE = 16; // a text that so many passes lead to the next one is kept
const CONTEXT = 3; // lines around a change
const EDIT = 5; // numbers of an edit: pass, first line before, removed, added, whether renamed
const PLACE = 8; // of a place: entry, then as a link of a stage
const CARRIED = 1;
const DETAIL = 2;

/**
 * @typedef {{at: number, removed: number, added: number, renamed: boolean, from: number}} Edit from: into all added lines
 * @typedef {{lines: string[], entries: Int32Array}} Text entries: which entry of the places each line comes from
 * @typedef {{kind: " " | "-" | "+", text: string, before: number, after: number, entry: number}} Row -1: not in that text
 * @typedef {{skip: number, before: number, after: number}} Skip lines that are the same
 * @typedef {{name: string, rows: (Row | Skip)[], removed: number, added: number, moved?: boolean}} Group one computation;
 *   moved: it is the same, and stands elsewhere in the text
 */

/** @param {any} record passes/<function> */
export function passTexts({ header, buffers }) {
  const first = buffers.text.split("\n");
  const added = buffers.added.split("\n");
  /** @type {Edit[][]} */
  const edits = header.passes.map(() => []);
  for (let at = 0, from = 0; at < buffers.edits.length; at += EDIT) {
    const [pass, line, removed, count, renamed] = buffers.edits.subarray(at, at + EDIT);
    edits[pass].push({ at: line, removed, added: count, renamed: renamed === 1, from });
    from += count;
  }
  /** @type {[number, number][][]} */
  const moved = header.passes.map(() => []);
  for (let at = 0; at < buffers.moved.length; at += 3) moved[buffers.moved[at]].push([buffers.moved[at + 1], buffers.moved[at + 2]]);

  /** @type {Map<number, Text>} */
  const kept = new Map([[0, { lines: first, entries: buffers.entries.subarray(0, first.length) }]]);
  let last = 0; // the step asked for last, kept too

  /** @returns {Text} */
  function text(step) {
    let at = step;
    while (!kept.has(at)) at -= 1;
    let now = kept.get(at);
    for (; at < step; at += 1) {
      now = applied(now, at);
      if ((at + 1) % STRIDE === 0) kept.set(at + 1, now);
    }
    if (last % STRIDE) kept.delete(last);
    kept.set(step, now);
    last = step;
    return now;
  }

  /** @param {Text} before @param {number} pass @returns {Text} */
  function applied(before, pass) {
    if (!edits[pass].length && !moved[pass].length) return before;
    const size = edits[pass].reduce((sum, { removed, added: count }) => sum + count - removed, before.lines.length);
    const lines = [];
    const entries = new Int32Array(size);
    const keep = (from, to) => {
      entries.set(before.entries.subarray(from, to), lines.length);
      for (let i = from; i < to; i += 1) lines.push(before.lines[i]);
    };
    let at = 0;
    for (const edit of edits[pass]) {
      keep(at, edit.at);
      entries.set(buffers.entries.subarray(first.length + edit.from, first.length + edit.from + edit.added), lines.length);
      for (let i = 0; i < edit.added; i += 1) lines.push(added[edit.from + i]);
      at = edit.at + edit.removed;
    }
    keep(at, before.lines.length);
    for (const [line, entry] of moved[pass]) entries[line] = entry;
    return { lines, entries };
  }

  const starts = Int32Array.from({ length: buffers.places.length / PLACE }, (_, i) => buffers.places[PLACE * i]);

  return {
    text,
    /** What a pass changes, by computation; `open` are the first lines of folded stretches to show whole. @param {number} pass @param {Set<number>} open @returns {Group[]} */
    groups(pass, open) {
      const before = text(pass);
      const after = text(pass + 1);
      return grouped(rows(before, after, edits[pass], open), headers(before.lines), headers(after.lines));
    },
    /** Where an entry comes from. @param {number} entry @returns {import("./relatives.js").Span[]} */
    spans(entry) {
      const found = [];
      for (let i = lowerBound(starts, entry); i < starts.length && starts[i] === entry; i += 1) {
        const [, file, line, column, lastLine, lastColumn, scope, flags] = buffers.places.subarray(PLACE * i, PLACE * i + PLACE);
        found.push({ file, line, column, lastLine, lastColumn, scope: header.scopes[scope] ?? "", carried: (flags & CARRIED) > 0, detail: (flags & DETAIL) > 0, rule: header.rules?.[(flags >> RULE) - 1] ?? null });
      }
      return found.sort((a, b) => Number(a.detail) - Number(b.detail) || Number(a.carried) - Number(b.carried));
    },
  };
}

/** @param {Text} before @param {Text} after @param {Edit[]} edits @param {Set<number>} open @returns {(Row | Skip)[]} */
function rows(before, after, edits, open) {
  const found = [];
  let [i, j] = [0, 0];
  const same = (count, head, tail) => {
    const folded = count - (head ? 0 : CONTEXT) - (tail ? 0 : CONTEXT);
    const first = i + (head ? 0 : CONTEXT);
    const skip = folded > 1 && !open.has(first) ? folded : 0;
    for (let n = 0; n < count; n += 1) {
      if (skip && i === first) {
        found.push({ skip, before: i, after: j });
        n += skip - 1;
        [i, j] = [i + skip, j + skip];
      } else {
        found.push({ kind: " ", text: after.lines[j], before: i, after: j, entry: after.entries[j] });
        [i, j] = [i + 1, j + 1];
      }
    }
  };
  const plain = edits.filter(({ renamed }) => !renamed);
  plain.forEach((edit, n) => {
    same(edit.at - i, n === 0, false);
    for (let k = 0; k < edit.removed; k += 1, i += 1) found.push({ kind: "-", text: before.lines[i], before: i, after: -1, entry: before.entries[i] });
    for (let k = 0; k < edit.added; k += 1, j += 1) found.push({ kind: "+", text: after.lines[j], before: -1, after: j, entry: after.entries[j] });
  });
  if (plain.length) same(before.lines.length - i, false, true);
  return found;
}

/** Where computations begin, ascending, and their names. */
function headers(lines) {
  const at = [];
  const names = [];
  lines.forEach((line, i) => {
    if (!line.endsWith("{") || line.startsWith(" ")) return;
    at.push(i);
    names.push(line.replace(/^ENTRY /, "").split(" ", 1)[0]);
  });
  return (line) => names[lowerBound(at, line + 1) - 1] ?? "";
}

/** @returns {Group[]} those with changes */
function grouped(all, before, after) {
  /** @type {Group[]} */
  const groups = [];
  for (const row of all) {
    const name = row.kind === "-" ? before(row.before) : after(row.after);
    if (groups.at(-1)?.name !== name) groups.push({ name, rows: [], removed: 0, added: 0 });
    const group = groups.at(-1);
    group.rows.push(row);
    if (row.kind === "-") group.removed += 1;
    if (row.kind === "+") group.added += 1;
  }
  return withMoves(groups.filter(({ removed, added: come }) => removed + come > 0));
}

/** XLA orders computations by who calls them: one that is called by another now goes at one place and comes at another. @param {Group[]} groups */
function withMoves(groups) {
  const textOf = ({ rows }) => rows.map(({ text }) => text).join("\n");
  const gone = new Map(groups.filter(({ removed, rows }) => removed === rows.length).map((group) => [textOf(group), group]));
  const moved = new Set();
  for (const group of groups) {
    const from = group.added === group.rows.length ? gone.get(textOf(group)) : undefined;
    if (!from) continue;
    group.moved = true;
    moved.add(from);
  }
  return groups.filter((group) => !moved.has(group));
}
