/** What lives when in the memory of one call, how much it takes, and which line made it. Draws memory/<function>. */
import { fill, h } from "../dom.js";
import { bytes, integer } from "../format.js";
import { buffersOf, neededAt, usedAt } from "./memory-buffers.js";
import { keptList } from "./memory-kept.js";
import { memoryPicture } from "./memory-picture.js";
import { triedList } from "./memory-tried.js";
import { onDemand } from "./on-demand.js";
import { placeCode, placeName, shortNames } from "./panes-place.js";

const ABOUT = "Each value has its place in memory for as long as something needs it. Here is which lies where and when, how much of it is in use at each step, and which line of yours made it.";
const NAMES = { argument: "arguments", output: "results", temporary: "temporary", constant: "constants" };
const ONE = { argument: "argument", output: "result", temporary: "temporary", constant: "constant" };
const LISTED = 60; // of the buffers of a step

/**
 * @param {any} host
 * @param {{live: () => boolean, spans: (line: number) => any[], point: (spans: any[] | null, line: number) => void, keep: (span: any) => void}} on
 *   spans: where a line of the optimized HLO comes from
 */
export function memoryView(host, on) {
  let name = "";
  /** @type {any} */
  let record = null;
  /** @type {any[]} */
  let files = [];
  /** @type {import("./memory-buffers.js").Buffer[]} */
  let buffers = [];
  /** @type {string[]} */
  let steps = [];
  let step = 0;
  let again = false; // whether it is the same function's as before
  /** @type {any} */
  let lit = null;

  const overall = h("p.jx-quiet");
  const legend = h("ul.jx-memory-legend");
  const picture = memoryPicture({ hover: light, pick: keep, step: (to, by) => pick(to ?? step + by) });
  const slider = h("input.jx-memory-slider", { type: "range", min: "0", step: "1", "aria-label": "Step", oninput: () => pick(Number(slider.value)) });
  const fullest = h("button.jx-tool-button", { type: "button", title: "Go to the step at which the most is in use", onclick: () => pick(record.header.fullest) }, "Fullest");
  const where = h("output.jx-quiet");
  const list = h("ul.jx-memory-list", { "aria-label": "What is in memory at this step, the largest first", tabindex: "0" });
  const about = h("div.jx-memory-about", { "aria-live": "polite" });
  const body = h("div.jx-memory-body", {}, legend, picture.element,
    h("div.jx-memory-side", {}, h("div.jx-memory-bar", {}, slider, fullest), where, list), about);
  const kept = keptList({ point: on.point, keep: on.keep });
  const tried = triedList(host, on.live);
  const ask = onDemand(host, {
    command: "memory",
    about: ABOUT,
    button: "Show the memory over time",
    cost: () => "The program is compiled once more for it.",
    busy: "Compiling once more",
    lost: "The memory was not asked for before the kernel was gone.",
    saved: "This page was saved without the memory over time.",
    live: on.live,
  });
  const element = h("section.jx-memory", { "aria-label": "Memory of one call" }, h("h4", {}, "Memory of one call"), overall, ask.element, body, kept.element, tried.element);

  list.addEventListener("pointerover", (event) => light(bufferOf(event)));
  list.addEventListener("pointerleave", () => light(null));
  list.addEventListener("focusin", (event) => light(bufferOf(event)));
  list.addEventListener("click", (event) => {
    const buffer = bufferOf(event);
    if (buffer) keep(buffer);
  });

  const bufferOf = (event) => buffers[event.target.closest("[data-buffer]")?.dataset.buffer] ?? null;
  const ownOf = (buffer) => (buffer.line < 0 ? [] : on.spans(buffer.line).filter(({ detail, file }) => !detail && files[file]));

  function drawMissing() {
    overall.hidden = body.hidden = kept.element.hidden = tried.element.hidden = true;
    ask.missing("What lives when is not known.", record?.header.reason);
  }

  function drawAll() {
    const { header } = record;
    buffers = buffersOf(record);
    steps = record.buffers.steps.split("\n");
    overall.hidden = body.hidden = kept.element.hidden = tried.element.hidden = false;
    kept.draw(header.residuals, files);
    tried.draw(name, header.tried);
    ask.hide();
    const most = usedAt(record, header.fullest);
    const drawn = picture.draw(record, buffers);
    overall.textContent = [
      `One call takes ${bytes(header.peak_bytes)}, of which at most ${bytes(most)} are in use at once`,
      ...(header.allocated.alias ? [`results take over ${bytes(header.allocated.alias)} of donated arguments`] : []),
      ...(drawn < buffers.length ? [`showing the largest ${integer(drawn)} of ${integer(buffers.length)} buffers`] : []),
    ].join(" · ");
    overall.title = `${integer(header.peak_bytes)} bytes set aside, ${integer(most)} in use at the fullest step`;
    fill(legend, ["argument", "constant", "output", "temporary"].filter((kind) => header.allocated[kind] > 0).map((kind) =>
      h("li", { "data-kind": kind, title: `${integer(header.allocated[kind])} bytes` }, h("span.jx-memory-key", { "aria-hidden": "true" }), `${NAMES[kind]} ${bytes(header.allocated[kind])}`)));
    slider.max = String(Math.max(0, steps.length - 1));
    const before = step;
    step = -1;
    pick(again ? before : header.fullest); // after something was tried the person stays where they are
    light(null);
  }

  function pick(to) {
    const next = Math.max(0, Math.min(steps.length - 1, to));
    if (next === step) return;
    step = next;
    slider.value = String(step);
    slider.setAttribute("aria-valuetext", `step ${step} of ${steps.length}, ${steps[step]}`);
    picture.at(step);
    const needed = neededAt(buffers, step);
    where.textContent = `Step ${integer(step)} of ${integer(steps.length)}, ${steps[step]}: ${bytes(usedAt(record, step))} in use`;
    const names = shortNames(files);
    fill(list, needed.slice(0, LISTED).map((buffer) => {
      const own = ownOf(buffer)[0];
      return h("li.jx-memory-item", { "data-buffer": buffers.indexOf(buffer), "data-kind": buffer.kind },
        h("button.jx-memory-button", { type: "button", title: `${buffer.name}, ${buffer.shape}, ${integer(buffer.bytes)} bytes, ${ONE[buffer.kind]}` },
          h("i.jx-memory-key", { "aria-hidden": "true" }), h("span", {}, buffer.name), h("b", {}, bytes(buffer.bytes)),
          h("small", {}, `${ONE[buffer.kind]} · `, own ? placeName(names[own.file], own) : "from no line of your program")));
    }), needed.length > LISTED ? h("li.jx-quiet", {}, `and ${integer(needed.length - LISTED)} smaller ones`) : null);
  }

  function light(buffer) {
    if (buffer === lit && buffer) return;
    lit = buffer;
    picture.light(buffer);
    for (const item of list.querySelectorAll("[data-buffer]")) item.dataset.on = String(buffers[item.dataset.buffer] === buffer);
    if (!buffer) {
      on.point(null, -1);
      return void fill(about, h("p.jx-quiet", {}, "Point at a buffer to see what it is and which line made it; click keeps that line."));
    }
    const spans = buffer.line < 0 ? [] : on.spans(buffer.line);
    on.point(spans.length ? spans : null, buffer.line);
    const names = shortNames(files);
    const last = buffer.end >= steps.length ? "the end of the call" : `step ${integer(buffer.end)}, ${steps[buffer.end]}`;
    fill(about,
      h("p", {}, h("b", {}, buffer.name), ` ${buffer.shape}: ${bytes(buffer.bytes)}, ${ONE[buffer.kind]}, from step ${integer(buffer.start)}, ${steps[buffer.start] ?? ""}, to ${last}`),
      h("ul.jx-sources-list", {}, ownOf(buffer).slice(0, 3).map((span) => h("li", {}, placeName(names[span.file], span), " ", placeCode(files[span.file].text, span)))));
  }

  function keep(buffer) {
    const own = ownOf(buffer)[0];
    if (own) on.keep(own);
  }

  return {
    element,
    /** @param {string} function_ the function on screen @param {any[]} named the files of its source record */
    draw(function_, named) {
      const made = host.get(`memory/${function_}`);
      const waits = ask.waits(function_, made);
      const same = function_ === name && made === record && record && named === files;
      const before = name;
      name = function_;
      files = named;
      tried.heard();
      if (waits || same) return;
      again = Boolean(record && made && function_ === before);
      record = made ?? null;
      if (record && !record.header.reason) drawAll();
      else drawMissing();
    },
    destroy() {
      ask.destroy();
      picture.destroy();
    },
  };
}
