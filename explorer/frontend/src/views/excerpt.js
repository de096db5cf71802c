/** A stretch of Python source with expressions marked, and a note under the line of each. */
import { highlightTree } from "@lezer/highlight";
import { h } from "../dom.js";
import { tokens } from "../lang/highlight.js";
import { python } from "../lang/python.js";

/** @typedef {{line: number, column: number, end_line: number, end_column: number}} Place */

/**
 * @param {{title: string, first: number, text: string}} file
 * @param {{place: Place, note: any, level?: string}[]} marks the first is brought into sight; a note is nodes or texts
 * @returns {HTMLElement}
 */
export function excerpt(file, marks) {
  const main = marks[0]?.place;
  const lines = file.text.replace(/\n$/, "").split("\n");
  const colours = coloursOf(lines);
  const shown = lines.map((text, i) => {
    const number = file.first + i;
    const here = marks.filter(({ place }) => number >= place.line && number <= last(place));
    const row = h("div.jx-excerpt-line", { "data-marked": here.length > 0 && (here[0].level ?? "main"), "aria-current": number === main?.line && "location" },
      h("span.jx-excerpt-number", { "aria-hidden": "true" }, String(number)),
      h("code.jx-excerpt-code", {}, here.length ? cut(text, colours[i], range(text, number, here[0].place)) : painted(text, colours[i], 0, text.length)),
    );
    return [row, here.filter(({ place }) => last(place) === number).map(({ note, level = "main" }) => h("div.jx-excerpt-note", { "data-level": level }, note))];
  });
  const pane = h("div.jx-excerpt-lines", { tabindex: "0", role: "region", "aria-label": main ? `${file.title}, line ${main.line}` : file.title }, shown);
  const centre = new ResizeObserver(() => {
    const line = /** @type {HTMLElement | null} */ (pane.querySelector("[aria-current]"));
    if (!line || !pane.clientHeight) return;
    pane.scrollTop = line.offsetTop - pane.offsetTop - pane.clientHeight / 3;
    centre.disconnect();
  });
  centre.observe(pane);
  return h("section.jx-excerpt", {}, h("h4.jx-excerpt-title", {}, file.title, main ? h("span.jx-quiet", {}, ` line ${main.line.toLocaleString("en-US")}`) : null), pane);
}

/** @param {Place} place the last line it takes */
const last = (place) => Math.max(place.end_line, place.line);

/** Where the mark begins and ends in a line, in UTF-16 units; the place counts code points. @returns {[number, number]} */
function range(text, number, place) {
  const units = (points) => [...text].slice(0, points).join("").length;
  const from = number === place.line ? units(place.column) : text.length - text.trimStart().length;
  const to = number === place.end_line ? units(place.end_column) : text.length;
  return to > from ? [from, to] : [text.length - text.trimStart().length, text.length];
}

function cut(text, colours, [from, to]) {
  return [painted(text, colours, 0, from), h("mark", {}, painted(text, colours, from, to)), painted(text, colours, to, text.length)];
}

/** One stretch of a line in the colours of its tokens. */
function painted(text, colours, from, to) {
  const parts = [];
  let at = from;
  for (const [start, end, name] of colours) {
    if (end <= at || start >= to) continue;
    if (start > at) parts.push(text.slice(at, start));
    parts.push(h(`span.${name}`, {}, text.slice(Math.max(start, at), Math.min(end, to))));
    at = Math.min(end, to);
  }
  if (at < to) parts.push(text.slice(at, to));
  return parts;
}

/** The coloured stretches of each line: [from, to, class]. @param {string[]} lines */
function coloursOf(lines) {
  const found = lines.map(() => []);
  const starts = [];
  lines.reduce((sum, line) => (starts.push(sum), sum + line.length + 1), 0);
  let line = 0;
  highlightTree(python.parser.parse(lines.join("\n")), tokens, (from, to, name) => {
    while (line + 1 < starts.length && starts[line + 1] <= from) line++;
    found[line].push([from - starts[line], to - starts[line], name]);
  });
  return found;
}
