/** The gradient table's rows: what is known of each parameter, from the records `parameters` and `series`. */
import { verdict } from "./gradients-verdict.js";

/**
 * @typedef {{name: string, shape: number[], dtype: string, size: number, index: number, step: number | null,
 *   gradNorm: number | null, paramNorm: number | null, ratio: number | null, history: any,
 *   verdict: ReturnType<typeof verdict>}} Row  history: the series of the gradient norm, or undefined
 */

/**
 * @param {{run: string, parameters: {name: string, shape: number[], dtype: string, size: number}[]}} parameters
 * @param {Map<string, {series: Map<string, any>}> | undefined} runs
 * @returns {Row[]} in the order of the record
 */
export function rowsOf(parameters, runs) {
  const series = runs?.get(parameters.run)?.series;
  return parameters.parameters.map((parameter, index) => {
    const { name } = parameter;
    const history = series?.get(`grad_norm/${name}`);
    const latest = {
      name,
      gradNorm: last(history),
      paramNorm: last(series?.get(`param_norm/${name}`)),
      ratio: last(series?.get(`update_ratio/${name}`)),
    };
    const step = history?.length ? history.steps[history.length - 1] : null;
    return { ...parameter, ...latest, index, step, history, verdict: verdict(latest) };
  });
}

function last(series) {
  return series?.length ? series.values[series.length - 1] : null;
}

const KEYS = {
  name: (row) => row.index,
  shape: (row) => row.size,
  gradNorm: (row) => row.gradNorm,
  paramNorm: (row) => row.paramNorm,
  ratio: (row) => row.ratio,
};

/**
 * @param {Row[]} rows @param {keyof typeof KEYS} key @param {boolean} down largest first
 * @returns {Row[]} sorted; what is not finite counts as larger than all, what is unknown comes last
 */
export function sorted(rows, key, down) {
  const value = (row) => {
    const found = KEYS[key](row);
    return found !== null && Number.isNaN(found) ? Infinity : found;
  };
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return (down ? y - x : x - y) || a.index - b.index;
  });
}
