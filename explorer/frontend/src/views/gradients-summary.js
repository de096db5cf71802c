/** The summary of one gradient in figures. */
import { h } from "../dom.js";
import { full, integer, number } from "../format.js";

const FIGURES = [
  ["norm", "Norm", "The length of the gradient: the square root of the sum of its squares."],
  ["min", "Smallest", "The lowest value."],
  ["max", "Largest", "The highest value."],
  ["mean", "Mean", "The average of all values, with their signs."],
  ["std", "Spread", "The standard deviation of the values."],
];

/** @param {any} header of a gradient record */
export function summary({ summary: found, size }) {
  const broken = found.nonfinite;
  return h("dl.jx-grad-summary", {},
    ...FIGURES.map(([key, name, help]) => figure(name, help, ...told(found[key]))),
    figure("Not finite", "How many values are NaN or infinity. They are left out of the other figures.", broken ? `✕ ${integer(broken)}` : "0", `${integer(broken)} of ${integer(size)}`, broken > 0),
  );
}

/** @returns {[string, string]} the figure and its title */
function told(value) {
  return value === null ? ["–", "not a finite number"] : [number(value), full(value)];
}

function figure(name, help, text, title, alarm = false) {
  return h("div.jx-figure", {}, h("dt.jx-term", { tabindex: "0", "data-hint": help }, name), h(alarm ? "dd.jx-figure-value.jx-broken" : "dd.jx-figure-value", { title }, text));
}
