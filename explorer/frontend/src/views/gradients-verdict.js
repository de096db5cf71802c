/** What a ratio of update to parameter says, in words. The rule: about 0.1 % a step is healthy (Karpathy). */
import { number } from "../format.js";

const SHARE = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

/** @typedef {"none" | "low" | "good" | "high" | "bad"} Level */

/** @type {{below: number, level: Level, symbol: string, words: string}[]} */
const LEVELS = [
  { below: 1e-5, level: "low", symbol: "▼", words: "hardly learning" },
  { below: 1e-4, level: "low", symbol: "▽", words: "learning slowly" },
  { below: 1e-2, level: "good", symbol: "✓", words: "healthy" },
  { below: 1e-1, level: "high", symbol: "△", words: "large steps" },
  { below: Infinity, level: "high", symbol: "▲", words: "very large steps" },
];
/** @type {{level: Level, symbol: string}} */
const BAD = { level: "bad", symbol: "✕" };
const broken = (norm) => norm !== null && !Number.isFinite(norm);

/** 0.00112 -> "0.112 %"; 3.67e-6 -> "0.000367 %". @param {number} ratio */
export function percent(ratio) {
  if (!Number.isFinite(ratio)) return number(ratio);
  const value = 100 * ratio;
  const plain = Math.abs(value) >= 1e-6 && Math.abs(value) < 1e3;
  return `${plain ? SHARE.format(value) : number(value)}\u00a0%`;
}

/**
 * @param {{name: string, gradNorm: number | null, paramNorm: number | null, ratio: number | null}} row latest values
 * @returns {{level: Level, symbol: string, words: string, sentence: string}}
 */
export function verdict({ name, gradNorm, paramNorm, ratio }) {
  if (broken(gradNorm)) return { ...BAD, words: "gradient not finite", sentence: `The gradient of ${name} holds NaN or infinity: its norm is ${number(gradNorm)}.` };
  if (broken(paramNorm)) return { ...BAD, words: "parameter not finite", sentence: `${name} itself holds NaN or infinity: its norm is ${number(paramNorm)}.` };
  if (ratio === null) return { level: "none", symbol: "", words: "no step yet", sentence: `${name} has not been updated yet.` };
  if (paramNorm === 0) return { level: "none", symbol: "", words: "still zero", sentence: `${name} is all zeros, so a ratio to its size says nothing.` };
  if (!Number.isFinite(ratio)) return { ...BAD, words: "update not finite", sentence: `The update of ${name} holds NaN or infinity.` };
  if (ratio === 0) return { level: "low", symbol: "▼", words: "does not change", sentence: `The last update of ${name} was zero: it is not learning.` };
  const { level, symbol, words } = LEVELS.find(({ below }) => ratio < below);
  return { level, symbol, words, sentence: `The updates of ${name} are ${percent(ratio)} of its size each step (healthy is about 0.1\u00a0%): ${words}.` };
}
