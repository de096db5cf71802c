/**
 * Cost: which figure stands beside the lines, a table of every instruction and one of the person's own lines.
 * Draws instructions/<function>.
 */
import { fill, h } from "../dom.js";
import { integer } from "../format.js";
import { awaited } from "./awaited.js";
import { bySource, costsOf, FIGURES, instructionName, lineStarts } from "./costs.js";
import { tellWords } from "./glossary-plain.js";
import { shortNames } from "./panes-place.js";
import { virtualTable } from "./virtual-table.js";

const MANY = 20_000; // instructions; of more, the texts are painted first
const LATER = 200; // ms
const PATIENCE = 120_000; // ms until the button to measure comes back when nothing came

/**
 * @param {any} host
 * @param {{pin: (origin: any) => void, live: () => boolean, ready: () => void}} on
 */
export function costsView(host, on) {
  let drawn = { name: "", record: null, text: "", index: null, files: [], busy: null };
  let made = null; // what was worked out of the record: see `work`
  const asked = awaited(host); // the function whose measurement was asked for
  let busy = null; // what the kernel is at
  let timer = 0;
  let later = 0;

  const figure = h("select.jx-cost-figure", { "aria-label": "Figure beside the lines", onchange: ({ target }) => host.pick({ figure: target.value }) });
  const about = h("span.jx-quiet.jx-cost-about");
  const measure = h("button.jx-button.jx-measure", { type: "button", onclick: ask, title: "Runs the function a few times under JAX's profiler" }, "Measure on this device");
  const controls = h("div.jx-cost-controls", {}, h("label.jx-cost-label", {}, h("span", {}, "Cost beside the lines "), figure), about, measure);
  const tabs = h("div.jx-segments", { role: "radiogroup", "aria-label": "Table" });
  const notes = h("ul.jx-cost-notes");
  const instructions = virtualTable("Instructions", { pick: (row) => on.pin({ stage: "hlo", line: made.costs.lines[row] }), sort: (sort) => keep("instructions", sort) });
  const lines = virtualTable("Your lines", { pick: (row) => on.pin({ stage: "source", ...made.places[row] }), sort: (sort) => keep("lines", sort) });
  const words = tellWords(instructions.element);
  instructions.element.addEventListener("keydown", ({ key }) => key === "i" && words.ask(instructions.element.querySelector(".jx-table-focus")));
  const tables = h("section.jx-costs", { "aria-label": "Cost" },
    h("div.jx-costs-head", {}, h("h4", {}, "Cost"), tabs), lines.element, instructions.element, notes);

  const ui = () => host.get("ui") ?? {};
  const keep = (table, sort) => host.pick({ sort: { ...ui().sort, [table]: sort } });
  const table = () => (ui().table === "instructions" ? "instructions" : "lines");

  function chosen() {
    const known = made ? FIGURES.filter(({ name }) => made.costs.knows(name)) : [];
    return ui().figure === "none" ? null : (known.find(({ name }) => name === ui().figure) ?? known[0] ?? null);
  }

  function ask() {
    asked.begin(drawn.name);
    clearTimeout(timer);
    timer = window.setTimeout(draw, PATIENCE + 100);
    host.command("measure", { function: drawn.name });
    draw();
  }

  /** What the record and the links come to, worked out once. */
  function work() {
    const { record, text, index } = drawn;
    if (made && made.record === record && made.index === index) return;
    if (made && made.record !== record) asked.end();
    if (!record) return void (made = null);
    const costs = costsOf(record);
    const sums = bySource(costs, (line) => index.sourcesOf("hlo", line), index.sourceLines.length);
    const rows = index.sourceLines.flatMap((_, source) => (sums.instructions[source] > 0 ? [source] : []));
    made = {
      record, index, costs, sums, rows,
      starts: lineStarts(text),
      places: rows.map((source) => index.sourceLines[source]),
      heats: new Map(),
      id: String(performance.now()),
    };
  }

  const codeOf = ({ file, line }) => drawn.files[file]?.text?.split("\n", line)[line - 1]?.trim() ?? "";

  /** @returns {import("./virtual-table.js").Column[]} */
  function figureColumns(valueOf) {
    const all = FIGURES.filter(({ how }) => how === "modelled" || made.record.header.measured);
    return all.map((each) => ({
      key: each.name, title: each.title, help: each.help, note: each.how, width: "minmax(118px, 0.6fr)", number: true,
      value: (row) => valueOf(each.name, row),
      cell: (row) => {
        const value = valueOf(each.name, row);
        if (Number.isNaN(value)) return h("span.jx-quiet", {}, "–");
        return [each.show(value), each.name === "intensity" ? null : h("small.jx-share", {}, share(value / made.costs.sum(each.name).total))];
      },
      full: (row) => {
        const value = valueOf(each.name, row);
        return Number.isNaN(value) ? (made.record.header.counted_by || each.how === "measured" ? "Not known: XLA does not count this, or it is counted elsewhere" : "Not counted by XLA") : each.full(value);
      },
    }));
  }

  function instructionColumns() {
    const { costs, starts } = made;
    const name = (row) => instructionName(drawn.text, starts, costs.lines[row]);
    return [
      { key: "line", title: "Line", width: "64px", number: true, value: (row) => costs.lines[row], cell: (row) => integer(costs.lines[row] + 1) },
      { key: "name", title: "Instruction", width: "minmax(150px, 1.6fr)", value: name, cell: (row) => h("code", {}, name(row)), full: name },
      { key: "opcode", title: "Operation", width: "minmax(96px, 0.8fr)", value: costs.opcode, cell: (row) => h("code", { "data-hlo": "opcode" }, costs.opcode(row)) },
      { key: "computation", title: "Computation", width: "minmax(110px, 1fr)", value: costs.computation, cell: (row) => h("code", {}, costs.computation(row)), full: costs.computation },
      ...figureColumns((figure, row) => costs.values[figure][row]),
    ];
  }

  function lineColumns() {
    const { sums, rows, places } = made;
    return [
      { key: "place", title: "Line", width: "minmax(100px, 0.8fr)", number: false, value: (row) => row, cell: (row) => [integer(places[row].line), " ", h("small.jx-quiet", {}, shortNames(drawn.files)[places[row].file] ?? "?")], full: (row) => `${drawn.files[places[row].file]?.file}:${places[row].line}` },
      { key: "code", title: "Code", width: "minmax(160px, 2fr)", value: (row) => codeOf(places[row]), cell: (row) => h("code", {}, codeOf(places[row])), full: (row) => codeOf(places[row]) },
      { key: "instructions", title: "Instructions", width: "90px", number: true, value: (row) => sums.instructions[rows[row]], cell: (row) => integer(sums.instructions[rows[row]]) },
      ...figureColumns((figure, row) => sums[figure][rows[row]]),
    ];
  }

  function drawTables() {
    const pin = ui().pin?.function === drawn.name ? ui().pin : null;
    const now = table();
    const by = chosen()?.name ?? "executed_flops";
    lines.element.hidden = now !== "lines";
    instructions.element.hidden = now !== "instructions";
    const radio = (name, title, count) => h("button.jx-segment", { type: "button", role: "radio", "aria-checked": String(name === now), onclick: () => host.pick({ table: name }) }, `${title} (${integer(count)})`);
    fill(tabs, radio("lines", "Your lines", made.rows.length), radio("instructions", "Instructions", made.costs.rows));
    if (now === "lines") {
      const picked = pin?.stage === "source" ? made.places.findIndex(({ file, line }) => file === pin.file && line === pin.line) : -1;
      lines.show(lineColumns(), made.rows.length, ui().sort?.lines ?? { by, down: true }, made.id, picked);
    } else {
      const picked = pin?.stage === "hlo" ? (made.costs.row(pin.line) ?? -1) : -1;
      instructions.show(instructionColumns(), made.costs.rows, ui().sort?.instructions ?? { by, down: true }, made.id, picked);
    }
  }

  function drawControls() {
    const { measured } = made.record.header;
    const now = chosen();
    const known = FIGURES.filter(({ name }) => made.costs.knows(name));
    fill(figure, [...known, { name: "none", title: "none", how: "" }].map(({ name, title, how }) =>
      h("option", { value: name, selected: name === (now?.name ?? "none") }, how ? `${title} (${how})` : title)));
    about.textContent = now ? now.help : "";
    const waits = asked.what !== "" && asked.seconds < PATIENCE / 1000;
    measure.hidden = !on.live();
    measure.disabled = waits;
    fill(measure, waits ? [h("span.jx-spinner", { "aria-hidden": "true" }), "Measuring ..."] : measured ? "Measure again" : "Measure on this device");
  }

  function drawNotes() {
    const { measured, counted_by: by, notes: said } = made.record.header;
    const counted = [
      by ? null : "XLA counted nothing for this device.",
      measured ? `Measured over ${integer(measured.runs)} runs on ${measured.device}. ${measured.note ?? ""}` : null,
      "Your lines: the bytes and the time of a fusion are shared among the lines of its parts, by the work of each.",
    ];
    fill(notes, [...(made.costs.rows ? counted : []), ...said].flatMap((text) => (text ? [h("li.jx-quiet", {}, text)] : [])));
  }

  function draw() {
    work();
    const rows = made?.costs.rows ?? 0;
    tables.hidden = !made;
    controls.hidden = tabs.hidden = lines.element.hidden = instructions.element.hidden = !rows;
    if (!made) return;
    drawNotes();
    if (!rows) return; // no program that runs: the notes say why
    drawControls();
    drawTables();
  }

  return {
    controls,
    tables,
    /** @param {{name: string, record: any, text: string, index: any, files: any[], busy: string | null}} next */
    draw(next) {
      drawn = next;
      if (busy && !next.busy) asked.end();
      busy = next.busy;
      clearTimeout(later);
      if (next.record?.buffers.lines.length > MANY && next.record !== made?.record) {
        later = window.setTimeout(() => {
          draw();
          on.ready();
        }, LATER);
      } else draw();
    },
    /** The colours beside the lines of a pane, the same object as long as they are the same. @returns {import("./code-heat.js").Heat | null} */
    heat(stage, file = 0) {
      const now = chosen();
      if (!made || !now || !["source", "hlo"].includes(stage)) return null;
      const id = `${stage}/${file}/${now.name}`;
      if (!made.heats.has(id)) made.heats.set(id, stage === "hlo" ? hloHeat(now) : sourceHeat(now, file));
      return made.heats.get(id);
    },
    destroy() {
      clearTimeout(timer);
      clearTimeout(later);
      lines.destroy();
      instructions.destroy();
    },
  };

  function hloHeat(now) {
    const { costs } = made;
    const values = costs.values[now.name];
    const value = (line) => values[costs.row(line)] ?? NaN;
    return { value, ...costs.sum(now.name), say: (line) => now.full(value(line)), share: now.name !== "intensity", show: now.show };
  }

  function sourceHeat(now, file) {
    const { sums, rows, index, costs } = made;
    const values = new Map(rows.filter((source) => index.sourceLines[source].file === file).map((source) => [index.sourceLines[source].line - 1, sums[now.name][source]]));
    const value = (line) => values.get(line) ?? NaN;
    const largest = Math.max(0, ...[...values.values()].filter((each) => each < Infinity));
    return { value, total: costs.sum(now.name).total, largest, say: (line) => `${now.full(value(line))}, all instructions of this line together`, share: now.name !== "intensity", show: now.show };
  }
}

const share = (part) => (part > 0 && part < Infinity ? ` ${part < 0.001 ? "<0.1" : (100 * part).toFixed(1)} %` : "");
