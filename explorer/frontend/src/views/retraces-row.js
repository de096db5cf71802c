/** One row of the retraces table: a line of code that made JAX trace or compile, and each time it did. */
import { h } from "../dom.js";
import { integer, milliseconds, number } from "../format.js";
import { prose } from "./prose.js";

const STEPS = [
  { key: "trace_ms", name: "trace" },
  { key: "lower_ms", name: "lower" },
  { key: "compile_ms", name: "compile" },
];

/** What each cause is called beside its count. */
const CAUSES = {
  first: "first call",
  shape: "new shape",
  dtype: "new dtype",
  "weak type": "weak type",
  static: "static value",
  self: "new self",
  object: "new object",
  "made anew": "new function",
  "jit anew": "jit in a loop",
  structure: "structure",
  named: "by name or position",
  settings: "settings",
  place: "device",
  again: "traced again",
  before: "before the watch",
  transformed: "transformed",
  unknown: "not known",
  own: "JAX's own",
};

/**
 * @param {any} row of the record's header
 * @param {any[]} events
 * @param {{most: number, open: boolean, toggle: () => void, id: string}} how
 * @returns {HTMLElement[]} the row, and under it the events where it is open
 */
export function retraceRow(row, events, { most, open, toggle, id }) {
  const own = row.cause.kind === "own";
  const details = h("tr.jx-retrace-more", { id, hidden: !open }, h("td", { colspan: 5 }, eventTable(row.events.map((i) => events[i]), own)));
  const button = h("button.jx-quiet-button.jx-retrace-toggle", {
    type: "button", "aria-expanded": String(open), "aria-controls": id, "aria-label": `Each time: ${row.function}, ${row.site.title}`, onclick: toggle,
  });
  const line = h("tr.jx-retrace", { "data-avoidable": row.avoidable > 0 },
    h("td.jx-retrace-where", {}, h("div.jx-retrace-place", {}, button,
      h("div", {}, h("strong", {}, own ? row.function : h("code", {}, row.function)), own ? null : where(row)))),
    h("td.jx-retrace-count", { "data-label": "Times" }, h("span.jx-retrace-number", {}, integer(row.count)), badges(row.causes, own)),
    h("td.jx-retrace-cost", { "data-label": "Cost" }, cost(row, most)),
    h("td.jx-retrace-why", { "data-label": "Why" }, h("p", {}, ...prose(row.cause.why))),
    h("td.jx-retrace-change", { "data-label": "What to change" }, row.cause.change ? h("p", {}, ...prose(row.cause.change)) : h("p.jx-quiet", {}, "Nothing.")),
  );
  return [line, details];
}

function where({ site, definition }) {
  return [
    site.file ? h("div.jx-quiet", {}, site.title) : h("div.jx-quiet", {}, "no line of yours was on the way"),
    site.text ? h("code.jx-retrace-code", {}, ...called(site)) : null,
    definition && definition !== site.title ? h("div.jx-quiet", {}, `defined at ${definition}`) : null,
  ];
}

/** The line of code with the call in it marked; the text came without its indentation. */
function called({ text, line, column, end_line: last, end_column: end, indent = 0 }) {
  const points = [...text];
  const from = column - indent;
  const to = last === line ? end - indent : points.length;
  if (!(from >= 0 && to > from)) return [text];
  return [points.slice(0, from).join(""), h("mark", {}, points.slice(from, to).join("")), points.slice(to).join("")];
}

function badges(causes, own) {
  if (own) return null;
  return h("ul.jx-retrace-causes", {}, ...Object.entries(causes).map(([kind, count]) =>
    h("li", { "data-kind": kind === "first" ? "first" : "again" }, `${CAUSES[kind] ?? kind}${count > 1 ? ` × ${integer(count)}` : ""}`)));
}

/** The time in words over a bar, as long as its share of the costliest row, in three parts. */
function cost(row, most) {
  const told = STEPS.filter(({ key }) => row[key] !== null);
  const title = told.map(({ key, name }) => `${name} ${number(row[key])} ms`).join(", ");
  return h("div.jx-retrace-time", { title },
    h("span.jx-retrace-number", {}, milliseconds(row.cost_ms)),
    h("span.jx-retrace-bar", { "aria-hidden": "true", style: `width: ${(100 * row.cost_ms) / (most || 1)}%` },
      ...told.map(({ key, name }) => h(`i.jx-retrace-${name}`, { style: `flex: ${row[key]} 0 0` }))),
    h("span.jx-quiet", {}, told.map(({ key, name }) => `${name} ${number(row[key], 2)}`).join(" · ")),
  );
}

function eventTable(events, own) {
  const head = ["", own ? "Operation" : "Called with", "Trace", "Lower", "Compile", own ? "Where" : "Why"];
  return h("table.jx-retrace-events", {},
    h("thead", {}, h("tr", {}, ...head.map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", {}, ...events.map((event, i) => h("tr", {},
      h("td.jx-quiet", {}, `${integer(i + 1)}.`),
      h("td", {}, h("code", {}, own ? event.function : event.arguments || "not known")),
      ...STEPS.map(({ key }) => h("td.jx-retrace-ms", {}, event[key] === null ? "–" : milliseconds(event[key]))),
      h("td", {}, own ? [event.site.title, event.site.text ? [": ", h("code", {}, event.site.text)] : null] : prose(event.cause.why)),
    ))),
  );
}
