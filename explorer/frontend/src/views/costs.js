/**
 * What each instruction costs, from a record of instructions: a figure by line of the HLO text, and summed by line of
 * the program. Modelled figures and measured ones are never mixed. NaN is what nobody knows.
 */
import { bytes, count, integer, number } from "../format.js";
import { lowerBound } from "./code-matches.js";

const NBSP = "\u00a0";
const FLOPS = 1; // bits of `counts`: the rows that a sum without double counting takes
const TRAFFIC = 2;

/**
 * @typedef {{name: string, title: string, term: string, how: "modelled" | "measured", help: string, show: (value: number) => string, full: (value: number) => string}} Figure
 */

/** @type {Figure[]} */
export const FIGURES = [
  {
    name: "executed_flops", title: "FLOPs executed", term: "FLOPs", how: "modelled",
    help: "Floating-point operations of one call, a loop's body taken as often as it runs. Modelled, not measured.",
    show: (value) => count(value), full: (value) => `${integer(value)} FLOPs executed in one call, modelled`,
  },
  {
    name: "flops", title: "FLOPs counted", term: "FLOPs", how: "modelled",
    help: "As XLA counts them: a loop's body once, however often it runs.",
    show: (value) => count(value), full: (value) => `${integer(value)} FLOPs as XLA counts them, modelled`,
  },
  {
    name: "bytes", title: "Bytes", term: "bytes", how: "modelled",
    help: "Read and written by one execution, as XLA counts them; what stays inside a fusion costs none.",
    show: (value) => bytes(value), full: (value) => `${integer(value)} bytes read and written, modelled`,
  },
  {
    name: "intensity", title: "FLOPs per byte", term: "FLOPs per byte", how: "modelled",
    help: "Arithmetic intensity: counted FLOPs over bytes. A low one waits for memory, a high one for arithmetic.",
    show: (value) => number(value), full: (value) => `${number(value, 6)} FLOPs per byte, modelled`,
  },
  {
    name: "measured_us", title: "Measured time", term: "µs", how: "measured",
    help: "Time of one call on the device that is here, from a profile.",
    show: (value) => `${number(value)}${NBSP}µs`, full: (value) => `${number(value, 6)} µs in one call, measured`,
  },
];

/** @typedef {ReturnType<typeof costsOf>} Costs */

/**
 * @param {any} record of instructions
 */
export function costsOf({ header, buffers }) {
  const { lines, flops, counts } = buffers;
  const rows = lines.length;
  const intensity = Float64Array.from(flops, (value, row) => (buffers.bytes[row] > 0 ? value / buffers.bytes[row] : NaN));
  const values = { ...buffers, intensity };
  const takes = (name, row) => (counts[row] & (name === "flops" || name === "executed_flops" ? FLOPS : TRAFFIC)) > 0;
  const sums = new Map();
  const known = new Map();

  /** The total of a figure and its largest row; the intensity's total is that of the whole. */
  function sum(name) {
    if (!sums.has(name)) {
      let [total, largest] = [0, 0];
      for (let row = 0; row < rows; row += 1) {
        const value = values[name][row];
        if (!(value > 0)) continue;
        if (takes(name, row)) total += value;
        if (value < Infinity) largest = Math.max(largest, value);
      }
      if (name === "intensity") total = sum("flops").total / sum("bytes").total;
      sums.set(name, { total, largest });
    }
    return sums.get(name);
  }

  return {
    header,
    rows,
    lines,
    values,
    sum,
    /** The row of an instruction by its line, undefined where the line is none. @param {number} line from 0 */
    row(line) {
      const row = lowerBound(lines, line);
      return lines[row] === line ? row : undefined;
    },
    /** Whether any row has the figure. @param {string} name */
    knows(name) {
      if (!known.has(name)) known.set(name, values[name].some((value) => !Number.isNaN(value)));
      return known.get(name);
    },
    opcode: (row) => header.opcodes[buffers.opcode[row]],
    computation: (row) => header.computations[buffers.computation[row]],
    takes,
  };
}

/**
 * Sum the figures by line of the program. The bytes and the time of a fusion are shared among its parts (`whole` and
 * `part`); an instruction of several lines gives each an equal part, and one of none counts for its fusion's lines.
 * @param {Costs} costs
 * @param {(line: number) => number[]} sourcesOf the numbers of the source lines that a line of the HLO comes from
 * @param {number} count of source lines
 */
export function bySource(costs, sourcesOf, count) {
  const names = ["executed_flops", "flops", "bytes", "measured_us"];
  const { whole, part } = costs.values;
  const sums = Object.fromEntries([...names, "instructions"].map((name) => [name, new Float64Array(count)]));
  const known = Object.fromEntries(names.map((name) => [name, new Uint8Array(count)]));
  for (let row = 0; row < costs.rows; row += 1) {
    const own = sourcesOf(costs.lines[row]);
    const sources = own.length ? own : sourcesOf(costs.lines[whole[row]]);
    for (const source of own) sums.instructions[source] += 1;
    for (const name of names) {
      const shared = name === "bytes" || name === "measured_us";
      const value = shared ? costs.values[name][whole[row]] * part[row] : costs.values[name][row];
      if (Number.isNaN(value) || !(shared ? part[row] > 0 : costs.takes(name, row))) continue;
      for (const source of sources) {
        sums[name][source] += value / sources.length;
        known[name][source] = 1;
      }
    }
  }
  for (const name of names) known[name].forEach((yes, source) => yes || (sums[name][source] = NaN));
  sums.intensity = sums.flops.map((value, source) => (sums.bytes[source] > 0 ? value / sums.bytes[source] : NaN));
  return sums;
}

/** Where each line of a text starts. @param {string} text */
export function lineStarts(text) {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return Uint32Array.from(starts);
}

const NAME = /^\s*(?:ROOT )?%?([^\s=]+) =/;

/** The name of the instruction on a line. @param {string} text @param {Uint32Array} starts @param {number} line from 0 */
export function instructionName(text, starts, line) {
  return NAME.exec(text.slice(starts[line], starts[line] + 300))?.[1] ?? "";
}
