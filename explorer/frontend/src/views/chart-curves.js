/** Which curves a chart shows: the metrics there are, and the curves of the chosen one. */
import { markOf } from "./gradients-marks.js";
import { styleOf } from "./chart-styles.js";

const TITLES = { loss: "Loss", accuracy: "Accuracy", learning_rate: "Learning rate", grad_norm: "Gradient norms", param_norm: "Parameter norms", update_ratio: "Update ratios" };
const PER_PARAMETER = ["grad_norm", "param_norm", "update_ratio"];

/** "held_out/accuracy" -> "accuracy"; "grad_norm/hidden/w" -> "grad_norm". @param {string} name */
function metricOf(name) {
  const plain = name.replace(/^held_out\//, "");
  return PER_PARAMETER.find((each) => plain.startsWith(`${each}/`)) ?? plain;
}

/** @param {any} host @returns {Array<{name: string, title: string}>} those there is something of, the usual ones first */
export function metrics(host) {
  const names = new Set(["loss"]);
  for (const { series } of host.get("series").values()) for (const [name, { group }] of series) if (group !== "band") names.add(metricOf(name));
  const order = Object.keys(TITLES);
  const rank = (name) => (order.includes(name) ? order.indexOf(name) : 2.5);
  return [...names].sort((a, b) => rank(a) - rank(b)).map((name) => ({ name, title: TITLES[name] ?? name.replaceAll("_", " ") }));
}

/**
 * @typedef {{series: any, name: string, colour: string, mark: string | null, dashed: boolean, band: {low: any, high: any} | null}} Curve
 *   band: where the runs lie of which the curve is the mean
 * @param {any} host
 * @param {string} metric
 * @returns {{curves: Curve[], events: Array<{step: number, text: string, colour: string}>}} of the runs that are shown
 */
export function curvesOf(host, metric) {
  const all = host.get("series");
  const listed = host.get("runs")?.header;
  const runs = listed?.runs ?? [...all.keys()].map((id) => ({ id, name: "" }));
  const hidden = host.get("ui")?.hidden ?? [];
  const several = runs.length > 1;
  const byParameter = PER_PARAMETER.includes(metric);
  const shown = runs.map((run, i) => ({ ...run, i })).filter(({ id }) => all.has(id) && !hidden.includes(id));
  // one curve for each parameter of each run would be a thicket: of several runs, the current one, else the last
  const wanted = byParameter ? [shown.find(({ id }) => id === listed?.current) ?? shown.at(-1)].filter(Boolean) : shown;
  const curves = [];
  const events = [];
  for (const { id, name: run, i } of wanted) {
    const { series, events: changes } = all.get(id);
    let parameter = 0;
    for (const [name, each] of [...series].sort(([, a], [, b]) => Number(a.group === "held_out") - Number(b.group === "held_out"))) {
      if (each.group === "band" || metricOf(name) !== metric) continue;
      const look = byParameter ? { colour: markOf(parameter).colour, mark: styleOf(parameter).mark } : styleOf(i);
      const own = byParameter ? name.slice(metric.length + 1) : each.group === "held_out" ? "held out" : each.group === "train" ? "train" : metric.replaceAll("_", " ");
      parameter += 1;
      curves.push({ series: each, name: several && !byParameter ? `${run}, ${own}` : own, colour: look.colour, mark: several || byParameter ? look.mark : null, dashed: each.group === "held_out", band: bandOf(series, name) });
    }
    for (const { step, field, value } of changes) events.push({ step, text: `${String(field).replaceAll("_", " ")} ${value}`, colour: styleOf(i).colour });
  }
  return { curves, events };
}

function bandOf(series, name) {
  const [low, high] = [series.get(`low:${name}`), series.get(`high:${name}`)];
  return low && high ? { low, high } : null;
}
