/** The table of parameters: one row each, with live norms, a trend and a verdict on the size of the steps. */
import { assign, fill, h } from "../dom.js";
import { full, integer, number, shape } from "../format.js";
import { sorted } from "./gradients-rows.js";
import { sparkline } from "./gradients-spark.js";
import { percent } from "./gradients-verdict.js";
import { markOf } from "./gradients-marks.js";

const COLUMNS = [
  { key: "name", title: "Parameter", help: "What the optimizer changes: a named array of numbers. In the order of the model." },
  { key: "shape", title: "Shape", help: "How many numbers it holds along each axis." },
  { key: "gradNorm", title: "Gradient norm", help: "The length of the gradient: the square root of the sum of its squares." },
  { key: null, title: "Trend", help: "The gradient norm over the steps so far, on a logarithmic axis. A red cross marks a value that is not finite." },
  { key: "paramNorm", title: "Parameter norm", help: "The length of the parameter itself." },
  { key: "ratio", title: "Update ÷ parameter", help: "How far one step moves the parameter, compared with its size. About 0.1 % a step is healthy; below 0.01 % it learns slowly, above 1 % it may jump about." },
  { key: null, title: "Verdict", help: "What the ratio says, by that rule." },
];

/** @param {(name: string) => void} onpick */
export function parameterTable(onpick) {
  let sort = { key: "name", down: false };
  let rows = [];
  let painted = 0;
  /** @type {Map<string, any>} the elements of each row, kept while numbers change */
  const kept = new Map();
  const head = h("tr");
  const body = h("tbody");
  const element = h("div.jx-grads-scroll", {}, h("table.jx-grads", {}, h("caption.jx-visually-hidden", {}, "Gradients by parameter"), h("thead", {}, head), body));

  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row) onpick(row.dataset.name);
  });
  body.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const buttons = [...body.querySelectorAll("button")];
    buttons[buttons.indexOf(event.target) + step]?.focus();
  });

  function drawHead() {
    const focused = head.contains(head.getRootNode().activeElement) ? head.getRootNode().activeElement.textContent : null;
    fill(head, ...COLUMNS.map(({ key, title, help }) => {
      const on = key !== null && key === sort.key;
      const order = on ? (sort.down ? "descending" : "ascending") : null;
      return h(`th.jx-grads-${title.split(" ")[0].toLowerCase()}`, { scope: "col", "aria-sort": order },
        key === null ? h("span.jx-term", { tabindex: "0", "data-hint": help }, title)
          : h("button.jx-grads-sort.jx-term", { type: "button", "data-hint": help, "data-key": key, onclick: () => sortBy(key) }, title, h("span", { "aria-hidden": "true" }, on ? (sort.down ? " ↓" : " ↑") : "")));
    }));
    if (focused) [...head.querySelectorAll("button")].find((button) => button.textContent.startsWith(focused.split(" ")[0]))?.focus();
  }

  function sortBy(key) {
    sort = { key, down: sort.key === key ? !sort.down : key !== "name" };
    drawHead();
    order();
  }

  function order() {
    body.append(...sorted(rows, /** @type {any} */ (sort.key), sort.down).map(({ name }) => kept.get(name).row));
  }

  function rowFor(row) {
    const mark = markOf(row.index);
    const cells = {
      shape: h("td.jx-num", { title: `${integer(row.size)} numbers, ${row.dtype}` }, shape(row.shape)),
      gradNorm: h("td.jx-num"),
      trend: sparkline(mark.colour),
      paramNorm: h("td.jx-num"),
      ratio: h("td.jx-num"),
      verdict: h("td.jx-verdict"),
      mark,
    };
    const name = h("button.jx-grads-name", { type: "button", "aria-expanded": "false" }, h("span.jx-mark", { style: `color:${mark.colour}`, "aria-hidden": "true" }, mark.glyph), row.name);
    const element = h("tr", { "data-name": row.name }, h("th", { scope: "row" }, name), cells.shape, cells.gradNorm, h("td", {}, cells.trend.element), cells.paramNorm, cells.ratio, cells.verdict);
    return { ...cells, row: element, name };
  }

  function figure(cell, value, show = number) {
    const text = value === null ? "–" : show(value);
    const broken = value !== null && !Number.isFinite(value);
    const title = value === null ? "nothing recorded yet" : broken ? "not finite" : full(value);
    assign(cell, { textContent: broken ? `✕ ${text}` : text, title });
    cell.classList.toggle("jx-broken", broken);
  }

  function trends() {
    painted = performance.now();
    for (const row of rows) kept.get(row.name).trend.draw(row.history);
  }

  drawHead();
  return {
    element,
    /** @param {import("./gradients-rows.js").Row[]} next @param {string | null} chosen */
    draw(next, chosen) {
      const same = next.length === rows.length && next.every((row, i) => row.name === rows[i].name && row.size === rows[i].size);
      rows = next;
      if (!same) {
        kept.clear();
        fill(body);
        for (const row of rows) kept.set(row.name, rowFor(row));
        order();
      }
      for (const row of rows) {
        const cells = kept.get(row.name);
        figure(cells.gradNorm, row.gradNorm);
        figure(cells.paramNorm, row.paramNorm);
        figure(cells.ratio, row.ratio, percent);
        const { level, symbol, words, sentence } = row.verdict;
        if (cells.verdict.textContent !== symbol + words) fill(cells.verdict, h("span.jx-verdict-mark", { "aria-hidden": "true" }, symbol), words);
        assign(cells.verdict, { title: sentence });
        assign(cells.verdict.dataset, { level });
        cells.row.classList.toggle("jx-picked", row.name === chosen);
        assign(cells.name, { ariaExpanded: String(row.name === chosen) });
        const trend = row.gradNorm === null ? "nothing recorded yet" : `gradient norm over ${integer(row.history.length)} records, now ${number(row.gradNorm)} at step ${integer(row.step)}`;
        cells.trend.element.ariaLabel = cells.trend.element.parentElement.title = trend;
      }
      if (!same || performance.now() - painted > 200) trends();
    },
  };
}
