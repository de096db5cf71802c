/** A table of any length: only the rows on screen exist. Columns sort; a row is picked by click or Enter. */
import { fill, h } from "../dom.js";
import { integer } from "../format.js";

const HEIGHT = 24; // px of a row
const SPARE = 6; // rows above and below

/**
 * @typedef {{key: string, title: string, help?: string, note?: string, width: string, number?: boolean, value: (row: number) => number | string, cell: (row: number) => any, full?: (row: number) => string}} Column
 * @typedef {{by: string, down: boolean}} Sort
 */

/**
 * @param {string} label
 * @param {{pick: (row: number) => void, sort: (sort: Sort) => void}} on
 */
export function virtualTable(label, on) {
  /** @type {Column[]} */
  let columns = [];
  let order = new Uint32Array(0);
  /** @type {Sort} */
  let sort = { by: "", down: true };
  let chosen = -1; // the row that is picked
  let focused = 0; // the place of the row that the keys move
  let sorted = ""; // what `order` is of

  const head = h("div.jx-table-row.jx-table-head", { role: "row" });
  const body = h("div.jx-table-body", { role: "rowgroup" });
  const element = h("div.jx-table", { role: "table", "aria-label": label, tabindex: "0" }, head, body);

  element.addEventListener("scroll", draw);
  element.addEventListener("click", (event) => {
    const place = event.target.closest("[data-place]")?.dataset.place;
    if (place === undefined) return;
    focused = Number(place);
    on.pick(order[focused]);
  });
  element.addEventListener("keydown", (event) => {
    if (event.target !== element) return;
    const page = Math.max(1, Math.floor(element.clientHeight / HEIGHT) - 2);
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -order.length, End: order.length }[event.key];
    if (by !== undefined) move(by);
    else if (event.key === "Enter" && order.length) on.pick(order[focused]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  function move(by) {
    focused = Math.max(0, Math.min(order.length - 1, focused + by));
    const top = focused * HEIGHT;
    const room = element.clientHeight - HEIGHT * 2;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top > element.scrollTop + room) element.scrollTop = top - room;
    draw();
  }

  function arrange(count, id) {
    const wanted = `${id}|${count}|${sort.by}|${sort.down}`;
    if (wanted === sorted) return;
    sorted = wanted;
    const column = columns.find(({ key }) => key === sort.by) ?? columns[0];
    const values = Array.from({ length: count }, (_, row) => column.value(row));
    const way = sort.down ? -1 : 1;
    // what is not known comes last, whichever way
    const compare = column.number
      ? (a, b) => Number(Number.isNaN(values[a])) - Number(Number.isNaN(values[b])) || way * (Number(values[a]) - Number(values[b])) || a - b
      : (a, b) => (values[a] === values[b] ? a - b : way * (values[a] < values[b] ? -1 : 1));
    order = Uint32Array.from({ length: count }, (_, row) => row).sort(compare);
    focused = 0;
    element.scrollTop = 0;
  }

  function drawHead() {
    fill(head, columns.map(({ key, title, help, note, number }) => {
      const on_ = key === sort.by;
      return h(number ? "div.jx-table-cell.jx-num" : "div.jx-table-cell", { role: "columnheader", "aria-sort": on_ ? (sort.down ? "descending" : "ascending") : "none" },
        h("button.jx-table-sort", { type: "button", "data-key": key, title: help, onclick: () => on.sort({ by: key, down: on_ ? !sort.down : Boolean(number) }) },
          title, h("span", { "aria-hidden": "true" }, on_ ? (sort.down ? " ▾" : " ▴") : "")),
        note ? h("small", {}, note) : null);
    }));
  }

  function draw() {
    const first = Math.max(0, Math.floor(element.scrollTop / HEIGHT) - SPARE);
    const end = Math.min(order.length, first + Math.ceil(element.clientHeight / HEIGHT) + 2 * SPARE);
    body.style.height = `${order.length * HEIGHT}px`;
    fill(body, Array.from({ length: Math.max(0, end - first) }, (_, i) => {
      const place = first + i;
      const row = order[place];
      const node = h("div.jx-table-row", { role: "row", "aria-rowindex": place + 2, "aria-selected": String(row === chosen), "data-place": place },
        columns.map(({ cell, full, number }) => h(number ? "div.jx-table-cell.jx-num" : "div.jx-table-cell", { role: "cell", title: full?.(row) }, cell(row))));
      node.style.top = `${place * HEIGHT}px`;
      node.classList.toggle("jx-table-focus", place === focused);
      return node;
    }));
  }

  const seen = new ResizeObserver(draw);
  seen.observe(element);

  return {
    element,
    /**
     * @param {Column[]} next
     * @param {number} count of rows
     * @param {Sort} by
     * @param {string} id of the data: the same id is the same rows
     * @param {number} picked the row to mark, -1 for none
     */
    show(next, count, by, id, picked) {
      columns = next;
      sort = by;
      chosen = picked;
      arrange(count, id);
      element.style.setProperty("--jx-columns", columns.map(({ width }) => width).join(" "));
      element.setAttribute("aria-rowcount", String(count + 1));
      element.setAttribute("aria-label", `${label}, ${integer(count)} rows`);
      const key = head.contains(element.getRootNode().activeElement) && element.getRootNode().activeElement.dataset.key;
      drawHead();
      if (key) head.querySelector(`[data-key="${key}"]`)?.focus();
      draw();
    },
    destroy: () => seen.disconnect(),
  };
}
