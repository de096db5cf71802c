/** The figures above the code, as XLA reports them: an inspection record to words, and words to a strip. */
import { h } from "../dom.js";
import { bytes, count, integer, milliseconds } from "../format.js";
import { FIGURES } from "./costs.js";

const ASKED = "XLA is being asked.";
const ABSENT = "XLA reported no such figure for this device.";

/** @typedef {{name: string, text: string, full: string, help: string, available: boolean}} Figure */
/** @typedef {{title: string, figures: Figure[]}} Group */

const TIME = { show: milliseconds, full: (value) => `${value} ms` };
const COUNT = { show: count, full: (value) => integer(value) };
const SIZE = { show: bytes, full: (value) => `${integer(value)} bytes` };

/** @typedef {{show: (value: number) => string, full: (value: number) => string}} Kind */
/** @type {{title: string, of: string, kind: Kind, rows: {key: string, name: string, help: string, own?: Kind}[]}[]} */
const GROUPS = [
  {
    title: "Time to make it, once",
    of: "times_ms",
    kind: TIME,
    rows: [
      { key: "trace", name: "Trace", help: "JAX runs the Python function once with stand-ins for the arrays and records what it does." },
      { key: "lower", name: "Lower", help: "JAX translates its recording (jaxpr) to StableHLO, the language XLA reads." },
      { key: "compile", name: "Compile", help: "XLA optimises the StableHLO and makes code for the device. It is paid once for each set of shapes." },
    ],
  },
  {
    title: "Work in one call",
    of: "cost",
    kind: COUNT,
    rows: [
      { key: "flops", name: "FLOPs", help: "Floating-point operations as XLA counts them. A loop body is counted once, however often it runs; custom calls are not counted." },
      { key: "transcendentals", name: "Transcendentals", help: "exp, log, tanh and their like, which XLA counts apart from the FLOPs." },
      { key: "bytes_accessed", name: "Bytes accessed", help: "Bytes read and written by all instructions, as XLA counts them, caches not considered.", own: SIZE },
    ],
  },
  {
    title: "Memory",
    of: "memory",
    kind: SIZE,
    rows: [
      { key: "argument_bytes", name: "Arguments", help: "What the caller hands over." },
      { key: "output_bytes", name: "Output", help: "What the call returns." },
      { key: "temp_bytes", name: "Temporary", help: "What is held in between, while the call runs." },
      { key: "alias_bytes", name: "Reused", help: "Output written into donated arguments, so it needs no memory of its own." },
      { key: "code_bytes", name: "Code", help: "The compiled program itself. XLA's CPU backend may report 0." },
      { key: "peak_bytes", name: "Peak", help: "The most that is held at one moment, as XLA plans it; for a CPU it leaves out what is temporary." },
    ],
  },
];
/** A figure of the tables, by the name it has there. @param {string} key */
const asInTable = (key) => {
  const { title: name, help } = FIGURES.find((each) => each.name === key);
  return { key, name, help };
};

const TOTALS = {
  title: "What runs",
  of: "totals",
  kind: COUNT,
  rows: [
    { key: "instructions", name: "Instructions", help: "Lines of the optimized program, the parts of fusions among them." },
    { key: "fusions", name: "Fusions", help: "Several operations that XLA made one loop, so that what lies between them never goes to memory." },
    asInTable("executed_flops"),
    { ...asInTable("measured_us"), own: { show: (value) => milliseconds(value / 1000), full: (value) => `${value} µs` } },
  ],
};
const OPTIONAL = new Set(["transcendentals", "alias_bytes", "peak_bytes", "measured_us"]); // shown where they say something

/**
 * The figures of an inspection in words.
 * @param {{times_ms: object, cost: object | null, memory: object | null, stages: {stage: string, available: boolean, reason: string | null}[]}} inspection
 * @param {Record<string, number | null>} [totals] of the instructions, where they were counted
 * @returns {Group[]}
 */
export function figuresOf(inspection, totals) {
  const stopped = inspection.stages.find((stage) => !stage.available && stage.reason);
  const why = stopped ? `Not available: ${stopped.reason}` : ABSENT;
  const groups = totals ? [...GROUPS, TOTALS] : GROUPS;
  const values = { ...inspection, totals };
  return groups.map(({ title, of, kind, rows }) => ({
    title,
    figures: rows.flatMap(({ key, name, help, own }) => {
      if (values[of] === null) return OPTIONAL.has(key) ? [] : [{ name, help, available: false, text: "…", full: ASKED }];
      const value = values[of]?.[key];
      const known = typeof value === "number";
      if (OPTIONAL.has(key) && !value) return [];
      const { show, full } = own ?? kind;
      return { name, help, available: known, text: known ? show(value) : "not available", full: known ? full(value) : why };
    }),
  }));
}

/** @param {Group[]} groups @returns {HTMLElement[]} */
export function figureStrip(groups) {
  return groups.map(({ title, figures }) =>
    h("section.jx-figures-group", { "aria-label": title },
      h("h4.jx-figures-title", {}, title),
      h("dl.jx-figures-row", {}, ...figures.map(figure)),
    ),
  );
}

function figure({ name, text, full, help, available }) {
  return h("div.jx-figure", {},
    h("dt.jx-term", { tabindex: "0", "data-hint": available ? help : `${help} ${full}` }, name),
    h(available ? "dd.jx-figure-value" : "dd.jx-figure-value.jx-absent", { title: full }, text),
  );
}
