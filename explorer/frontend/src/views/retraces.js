/** What was traced and compiled: one sentence, and a table by line of code. Draws the record "retraces". */
import { fill, h } from "../dom.js";
import { integer, seconds } from "../format.js";
import css from "../style/retraces.css";
import { prose } from "./prose.js";
import { retraceRow } from "./retraces-row.js";

const COLUMNS = ["Where", "Times", "Cost", "Why", "What to change"];

/**
 * @param {any} host
 * @param {HTMLElement} el
 * @returns {() => void} cleanup
 */
export function mount(host, el) {
  const opened = new Set(); // the rows whose events are on show, by what they are of
  const id = Math.random().toString(36).slice(2);
  const sentence = h("p.jx-retraces-sentence", { role: "status" });
  const facts = h("span.jx-quiet");
  const tools = h("div.jx-retraces-tools");
  const body = h("tbody");
  const table = h("table.jx-retraces-table", {}, h("thead", {}, h("tr", {}, ...COLUMNS.map((title) => h("th", { scope: "col" }, title)))), body);
  const note = h("p.jx-quiet");
  const root = h("div.jx-retraces", {}, h("style", {}, css), h("header.jx-retraces-head", {}, sentence, tools), table, note);
  fill(el, root);

  const live = () => Boolean(host.command) && host.get("connection")?.state !== "gone";
  const keyOf = (row) => [row.own, row.own || [row.function, row.definition, row.site.file, row.site.line, row.site.column]].join();

  function draw() {
    const record = host.get("retraces");
    table.hidden = !record?.header.rows.length;
    if (!record) {
      fill(sentence, "Every function that JAX traces and compiles will be here, with what it cost and why.");
      return fill(tools);
    }
    const { header } = record;
    fill(sentence, ...prose(header.sentence));
    facts.textContent = header.watching ? "Watching" : `Watched for ${seconds(header.seconds)}`;
    fill(tools, header.watching ? h("span.jx-retraces-live", { "aria-hidden": "true" }) : null, facts, live() ? button(header.watching) : null);
    const most = Math.max(...header.rows.map((row) => row.cost_ms), 0);
    fill(body, header.rows.flatMap((row, i) => {
      const key = keyOf(row);
      return retraceRow(row, header.events, { most, open: opened.has(key), id: `${id}-${i}`, toggle: () => flip(key) });
    }));
    fill(note, ...notes(header));
    note.hidden = !note.childNodes.length;
  }

  function flip(key) {
    if (!opened.delete(key)) opened.add(key);
    const at = [...root.querySelectorAll(".jx-retrace-toggle")].indexOf(/** @type {any} */ (root.getRootNode()).activeElement);
    draw();
    /** @type {HTMLElement | undefined} */ (root.querySelectorAll(".jx-retrace-toggle")[at])?.focus();
  }

  function button(watching) {
    const name = watching ? "stop_watching" : "start_watching";
    return h("button.jx-button", { type: "button", onclick: () => host.command(name) }, watching ? "Stop watching" : "Watch on");
  }

  const offs = ["retraces", "connection"].map((key) => host.on(key, draw));
  draw();
  return () => {
    for (const off of offs) off();
    el.replaceChildren();
  };
}

function notes({ error, left_out: left }) {
  return [
    error ? `The code inside stopped with ${error}. What was seen until then is kept. ` : null,
    left ? `The first ${integer(left)} are counted above and not listed one by one.` : null,
  ].filter(Boolean);
}
