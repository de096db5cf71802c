/** Why not fused: the kernels in the order in which they run, and what is known of each gap between two. Draws fusions/<function>. */
import { fill, h } from "../dom.js";
import { bytes, integer, seconds } from "../format.js";
import { instructionName, lineStarts } from "./costs.js";
import { rowsOf, tally } from "./fusions-rows.js";
import { teller } from "./fusions-told.js";
import { onDemand } from "./on-demand.js";
import { placeName, shortNames } from "./panes-place.js";

const ABOUT = "Kernels run one after the other, and what one hands to the next goes through memory. Here is, for each gap between two, why XLA did not make one kernel of them.";
const LISTED = 150; // kernels drawn before the person asks for all

/**
 * @param {any} host
 * @param {{live: () => boolean, spans: (line: number) => any[], point: (spans: any[] | null, line: number) => void, go: (origin: {stage: string, line: number}) => void, keep: (span: any) => void}} on
 *   spans: where a line of the optimized HLO comes from
 */
export function fusionsView(host, on) {
  let name = "";
  /** @type {any} */
  let drawn = { record: null, text: null, files: null, index: null };
  let compile = 0; // ms that the plain compile took
  /** @type {ReturnType<typeof rowsOf>} */
  let rows = { kernels: [], gaps: [], pairs: [] };
  let tell = teller({ name: () => "", spans: on.spans, files: [], tuned: true, go: () => {}, keep: on.keep });
  /** @type {(line: number) => string} */
  let nameOf = () => "";
  let wanted = ""; // the title of the reason whose gaps are shown; "" is all
  let all = false;
  let chosen = ""; // the row that is told about: "gap 3" or "kernel 3"

  const ask = onDemand(host, {
    command: "fusions",
    about: ABOUT,
    button: "Show why kernels are apart",
    cost: () => (compile ? `For a GPU the program is compiled once more for it, which took ${seconds(compile / 1000)} before.` : "For a GPU the program is compiled once more for it."),
    busy: "Asking XLA what it fused, and why not more",
    lost: "Why kernels are apart was not asked for before the kernel was gone.",
    saved: "This page was saved without the reasons why kernels are apart.",
    live: on.live,
  });
  const overall = h("p.jx-quiet");
  const note = h("p.jx-fusions-note");
  const reasons = h("div.jx-fusions-reasons", { role: "group", "aria-label": "Show only the gaps of one reason" });
  const list = h("ol.jx-fusions-list", { "aria-label": "Kernels in the order in which they run, and the gaps between them. The arrow keys move along." });
  const more = h("button.jx-tool-button", { type: "button", onclick: () => ((all = true), drawList()) });
  const told = h("div.jx-fusions-told", { "aria-live": "polite" });
  const body = h("div.jx-fusions-body", {}, note, reasons, h("div.jx-fusions-columns", {}, h("div.jx-fusions-left", {}, list, more), told));
  const element = h("section.jx-fusions", { "aria-label": "Why not fused" }, h("h4", {}, "Why not fused?"), overall, ask.element, body);

  const rowOf = (event) => event.target.closest("[data-row]");
  list.addEventListener("click", (event) => rowOf(event) && pick(rowOf(event)));
  list.addEventListener("pointerover", (event) => light(rowOf(event)?.dataset.row ?? ""));
  list.addEventListener("pointerleave", () => light(""));
  list.addEventListener("focusin", (event) => light(rowOf(event)?.dataset.row ?? ""));
  list.addEventListener("focusout", () => light(""));
  list.addEventListener("keydown", (event) => {
    const buttons = [...list.querySelectorAll("[data-row]")];
    const at = buttons.indexOf(rowOf(event));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    buttons[Math.max(0, Math.min(buttons.length - 1, to))]?.focus();
  });

  function drawMissing() {
    overall.hidden = body.hidden = true;
    ask.missing("What was fused is not known.", drawn.record?.header.reason);
  }

  function drawAll() {
    const { record, text, files } = drawn;
    const starts = lineStarts(text);
    nameOf = (line) => instructionName(text, starts, line);
    rows = rowsOf(record);
    const { device } = host.get(`inspection/${name}`)?.header ?? {};
    const tuned = !device?.includes("not autotuned");
    tell = teller({ name: nameOf, spans: on.spans, files, tuned, go: (line) => on.go({ stage: "hlo", line }), keep: on.keep });
    overall.hidden = body.hidden = false;
    ask.hide();
    const { kernels, pairs } = rows;
    const inside = kernels.reduce((sum, kernel) => sum + kernel.inside.length, 0);
    const moved = pairs.reduce((sum, pair) => sum + pair.bytes, 0);
    overall.textContent = [
      `${integer(kernels.length)} ${kernels.length === 1 ? "kernel" : "kernels"}`,
      `${integer(inside)} ${inside === 1 ? "pair" : "pairs"} of operations fused`,
      pairs.length ? `${integer(pairs.length)} ${pairs.length === 1 ? "pair" : "pairs"} of kernels kept apart, with ${bytes(moved)} through memory between them` : "no kernel reads what another one makes",
      ...(tuned ? [] : ["compile only, not autotuned"]),
    ].join(" · ");
    note.textContent = record.header.note ?? "";
    note.hidden = !record.header.note;
    const counts = tally(pairs);
    if (!counts.some(({ title }) => title === wanted)) wanted = "";
    fill(reasons, counts.length > 1 ? counts.map(({ title, kind, count, bytes: size }) => h("button.jx-fusions-reason", {
      type: "button", "data-kind": kind, "data-title": title, "aria-pressed": String(title === wanted), title: `Show only these gaps; ${integer(size)} bytes`,
      onclick: () => filter(title),
    }, h("span.jx-fusions-key", { "aria-hidden": "true" }), title, h("b", {}, integer(count)), h("small.jx-quiet", {}, bytes(size)))) : []);
    const { gap } = host.get("ui") ?? {};
    chosen = rows.gaps[gap] ? `gap ${gap}` : firstTold();
    drawList();
  }

  /** The gap that most goes through is told about at first. */
  function firstTold() {
    const through = (gap) => gap?.direct?.bytes ?? 0;
    const most = rows.gaps.reduce((best, gap, i) => (through(gap) > through(rows.gaps[best]) ? i : best), -1);
    return most >= 0 ? `gap ${most}` : rows.kernels.length ? "kernel 0" : "";
  }

  /** @param {string} title of the reason whose gaps are shown; "" is all */
  function only(title) {
    wanted = title;
    for (const button of reasons.children) button.setAttribute("aria-pressed", String(button.dataset.title === wanted));
  }

  function filter(title) {
    only(wanted === title ? "" : title);
    const first = rows.gaps.findIndex((gap) => fits(gap));
    if (wanted && first >= 0 && !fits(rows.gaps[Number(chosen.split(" ")[1])])) chosen = `gap ${first}`;
    drawList();
  }

  const fits = (gap) => !wanted || Boolean(gap?.after.reads.some(({ reason }) => reason.title === wanted));

  function drawList() {
    const { kernels, gaps } = rows;
    const shown = kernels.filter(({ number }) => !wanted || (gaps[number] && fits(gaps[number])) || (gaps[number - 1] && fits(gaps[number - 1])));
    const cut = all ? shown : shown.slice(0, LISTED);
    const names = shortNames(drawn.files);
    fill(list, cut.flatMap((kernel, i) => {
      const gap = gaps[kernel.number - 1];
      const follows = i > 0 && cut[i - 1].number === kernel.number - 1;
      const same = follows && cut[i - 1].group === kernel.group;
      return [
        !follows && i > 0 ? h("li.jx-fusions-left-out", { "aria-hidden": "true" }, "⋮") : null,
        same && fits(gap) ? gapRow(gap, kernel.number - 1) : null,
        !same && (!kernel.group.entry || i > 0) && (i === 0 || cut[i - 1].group !== kernel.group) ? h("li.jx-fusions-group", {}, groupName(kernel.group)) : null,
        kernelRow(kernel, names),
      ];
    }));
    more.hidden = cut.length === shown.length;
    more.textContent = `Showing ${integer(cut.length)} of ${integer(shown.length)} kernels: show all`;
    drawTold();
  }

  const groupName = ({ name: of, entry }) => (entry ? "The program itself" : `In a loop or a branch: %${of}`);

  function kernelRow({ number, line, work }, names) {
    const own = on.spans(line).find(({ detail, file }) => !detail && drawn.files[file]);
    return h("li", {}, h("button.jx-fusions-kernel", { type: "button", "data-row": `kernel ${number}`, title: `%${nameOf(line)}: ${work}` },
      h("span.jx-fusions-name", {}, `%${nameOf(line)}`), h("span.jx-fusions-work.jx-quiet", {}, work), h("small.jx-quiet", {}, own ? placeName(names[own.file], own) : "")));
  }

  function gapRow({ kind, title, direct, others, bytes: size }, number) {
    const from = direct || kind === "empty" ? "" : `from %${nameOf(rows.kernels[others[0].first].line)}: `;
    const rest = direct ? others.length : Math.max(0, others.length - 1);
    const what = `${from}${title}${rest ? `, and from ${integer(rest)} more` : ""}`;
    return h("li", {}, h("button.jx-fusions-gap", { type: "button", "data-row": `gap ${number}`, "data-kind": direct || kind === "empty" ? kind : "earlier", title: "Why these two are not one kernel" },
      h("span.jx-fusions-key", { "aria-hidden": "true" }), h("span", {}, what), size ? h("b", {}, bytes(size)) : null));
  }

  function pick(row) {
    chosen = row.dataset.row;
    drawTold();
    row.focus();
    const [what, number] = chosen.split(" ");
    host.pick({ gap: what === "gap" ? Number(number) : null });
  }

  function drawTold() {
    const [what, at] = chosen.split(" ");
    const row = Number(at);
    const buttons = [...list.querySelectorAll("[data-row]")];
    const here = buttons.find(({ dataset }) => dataset.row === chosen);
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button === here));
      button.tabIndex = button === (here ?? buttons[0]) ? 0 : -1;
    }
    fill(told, what === "gap" ? tell.gap(rows.gaps[row], rows.kernels) : what === "kernel" ? tell.kernel(rows.kernels[row]) : []);
    told.scrollTop = 0;
    if (here && (here.offsetTop < list.scrollTop || here.offsetTop + here.offsetHeight > list.scrollTop + list.clientHeight)) list.scrollTop = here.offsetTop - list.clientHeight / 2;
  }

  /** Lights up what the two kernels of a gap, or one kernel, come from. @param {string} row */
  function light(row) {
    const [what, at] = row.split(" ");
    const lines = what === "gap" ? [rows.gaps[at].before.line, rows.gaps[at].after.line] : what === "kernel" ? [rows.kernels[at].line] : [];
    const spans = lines.flatMap((line) => on.spans(line));
    on.point(spans.length ? spans : null, lines.at(-1) ?? -1);
  }

  return {
    element,
    /** Come into sight, with the gap before one of some kernels. @param {number[]} lines of the optimized HLO, from 0 */
    reach(lines) {
      element.scrollIntoView({ block: "start" });
      const kernel = body.hidden ? null : rows.kernels.find(({ line }) => lines.includes(line));
      if (!kernel) return void element.querySelector(".jx-on-demand button")?.focus();
      const gap = rows.gaps[kernel.number - 1];
      chosen = gap && gap.before.group === gap.after.group ? `gap ${kernel.number - 1}` : `kernel ${kernel.number}`;
      all ||= kernel.number >= LISTED;
      only("");
      drawList();
      list.querySelector(`[data-row="${chosen}"]`)?.focus({ preventScroll: true });
    },
    /**
     * @param {string} function_ the function on screen
     * @param {any[]} files of its source record
     * @param {any} index the links of all stages
     * @param {number | null} ms that its compile took
     */
    draw(function_, files, index, ms) {
      const record = host.get(`fusions/${function_}`) ?? null;
      const text = host.get(`stage/${function_}/hlo`)?.buffers.text ?? "";
      const waits = ask.waits(function_, record);
      const same = function_ === name && record && record === drawn.record && text === drawn.text && files === drawn.files && index === drawn.index;
      if (function_ !== name || record !== drawn.record) all = false;
      name = function_;
      compile = ms ?? 0;
      drawn = { record, text, files, index };
      if (waits || same) return;
      if (record && !record.header.reason) drawAll();
      else drawMissing();
    },
    destroy: ask.destroy,
  };
}
