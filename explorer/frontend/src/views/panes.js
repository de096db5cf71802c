/**
 * The stages side by side, linked: what is pointed at in one pane lights up its relatives in all of them; a click keeps
 * it. What is open and what is kept stands in `ui`, so that it is in the link.
 */
import { h } from "../dom.js";
import { codePane } from "./code-pane.js";
import { DARK } from "./code-lines.js";
import { lowerBound } from "./code-matches.js";
import { relationBar } from "./panes-bar.js";
import { fileTabs } from "./panes-files.js";
import { kernelHeads } from "./kernel-heads.js";
import { machineButton } from "./machine-button.js";
import { STAGES, stageButtons } from "./panes-stages.js";
import { relativesOf } from "./relatives.js";

const NARROW = 700; // px; below it, one pane at a time
const NOTHING = { lines: new Map(), places: [], count: 0 };

/** @typedef {import("./panes-bar.js").Origin} Origin */
/** @typedef {import("./panes-stages.js").Told & {text?: any}} Stage */

/**
 * @param {any} host
 * @param {AbortSignal} signal
 */
export function linkedPanes(host, signal) {
  /** @type {Map<string, ReturnType<typeof codePane>>} */
  const panes = new Map();
  /** @type {{name: string, stages: Stage[], source: any}} */
  let drawn = { name: "", stages: [], source: null };
  let linked = { records: [], index: relativesOf([]), tints: new Map() };
  let width = 0;
  let active = "";
  /** @type {Origin | null} */
  let hovered = null;
  /** @type {Origin | null} */
  let pinned = null;
  let kept = NOTHING; // the relatives of what is pinned
  let at = -1; // the stop that was stepped to
  let frame = 0;
  /** @type {(stage: string, file?: number) => import("./code-heat.js").Heat | null} */
  let heats = () => null;

  const buttons = stageButtons(toggle);
  const files = fileTabs((file) => host.pick({ file }));
  const machine = machineButton(host);
  const bar = relationBar({ step, release: () => pin(null), open: openAndReveal, file: showPlace });
  const grid = h("div.jx-panes");
  const element = h("div.jx-linked", {}, buttons.element, grid, bar.element);

  const single = () => width > 0 && width < NARROW;
  const ui = () => host.get("ui") ?? {};
  const known = (stage) => drawn.stages.some((each) => each.stage === stage);
  const source = () => drawn.source?.header.files ?? [];
  const shownFile = () => {
    const { file } = ui();
    return source()[file] ? file : (drawn.source?.header.main ?? source().findIndex(({ text }) => text !== null));
  };

  /** The stage the person chose last. */
  function chosen() {
    const { stage } = ui();
    return known(stage) ? stage : known("jaxpr") ? "jaxpr" : drawn.stages[0]?.stage;
  }

  /** The stages whose panes are open, in the order of the stages. */
  function open() {
    if (single()) return [chosen()];
    const wanted = Array.isArray(ui().panes) ? ui().panes.filter(known) : ["source", chosen()].filter(known);
    return STAGES.map(({ stage }) => stage).filter((stage) => wanted.includes(stage));
  }

  function toggle(stage) {
    if (single()) return host.pick({ stage });
    const now = open();
    if (!now.includes(stage)) return host.pick({ panes: [...now, stage], stage });
    const rest = now.filter((each) => each !== stage);
    if (rest.length) host.pick({ panes: rest, stage: chosen() === stage ? rest[rest.length - 1] : chosen() });
  }

  function openAndReveal(stage) {
    if (!open().includes(stage)) toggle(stage);
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const lines = (pinned ? kept : relationOf(hovered)).lines.get(stage);
      if (lines?.length) panes.get(stage)?.reveal(lines[0]);
    }));
  }

  /** Show a place of the program in the source pane. */
  function showPlace(file, line) {
    if (!open().includes("source")) toggle("source");
    host.pick({ file });
    requestAnimationFrame(() => requestAnimationFrame(() => panes.get("source")?.reveal(line - 1)));
  }

  // -- what belongs together

  /** @param {Origin | null} origin */
  function relationOf(origin) {
    if (!origin) return NOTHING;
    if (origin.spans) return linked.index.among(origin.spans);
    if (origin.stage === "source") return linked.index.at(origin.file, origin.line, origin.column);
    return linked.index.of(origin.stage, origin.line);
  }

  function lightOf(relation, origin, stage) {
    if (!origin) return DARK;
    if (stage !== "source") return { lines: relation.lines.get(stage) ?? DARK.lines, origin: origin.stage === stage ? origin.line : -1, spans: [] };
    const file = shownFile();
    const pane = panes.get("source");
    const here = relation.places.filter((place) => place.file === file);
    const lines = new Set(here.flatMap(({ line, lastLine }) => Array.from({ length: lastLine - line + 1 }, (_, i) => line - 1 + i)));
    const spans = here.map((place) => ({ from: pane.position(place.line - 1, place.column), to: pane.position(place.lastLine - 1, place.lastColumn) }));
    const own = origin.stage === "source" && origin.file === file ? origin.line - 1 : -1;
    return { lines: Int32Array.from(lines).sort(), origin: own, spans: spans.filter(({ from, to }) => from >= 0 && to > from) };
  }

  /** Where n and p stop: every relative in the panes that are open. @returns {{stage: string, line: number}[]} lines from 0 */
  function stops(relation) {
    return open().flatMap((stage) => {
      if (stage !== "source") return Array.from(relation.lines.get(stage) ?? [], (line) => ({ stage, line }));
      const file = shownFile();
      return [...new Set(relation.places.filter((place) => place.file === file).map(({ line }) => line - 1))].map((line) => ({ stage, line }));
    });
  }

  function light() {
    frame = 0;
    const relation = relationOf(hovered);
    const reached = at < 0 ? null : stops(kept)[at];
    for (const [stage, pane] of panes) {
      pane.light({
        hover: lightOf(relation, hovered, stage),
        pin: lightOf(kept, pinned, stage),
        current: reached?.stage === stage ? reached.line : -1,
      });
    }
    const origin = hovered ?? pinned;
    if (!origin) return bar.idle(missing());
    const shown = hovered ? relation : kept;
    const spans = origin.spans ?? (origin.stage === "source" ? [] : linked.index.spansOf(origin.stage, origin.line));
    const same = pinned && origin.stage === pinned.stage && origin.line === pinned.line && origin.file === pinned.file;
    bar.show(origin, shown, { spans, files: source(), pinned: Boolean(pinned && (!hovered || same)), at: hovered && !same ? -1 : at, stops: stops(shown).length });
  }

  const lightSoon = () => void (frame ||= requestAnimationFrame(light));

  function missing() {
    const shown = drawn.stages.filter(({ stage }) => stage !== "source" && open().includes(stage));
    const without = shown.find(({ text }) => text && !text.buffers.links.length);
    return without && shown.every(({ text }) => !text?.buffers.links.length)
      ? (without.reason ?? without.text.header.reason ?? "This text holds no source positions, so its lines cannot be traced back to your program.")
      : null;
  }

  // -- pointing, keeping, stepping

  function originOf(stage, line, column) {
    if (line < 0) return null;
    return stage === "source" ? { stage, file: shownFile(), line: line + 1, ...(column === null ? {} : { column }) } : { stage, line };
  }

  function hover(stage, line, column) {
    hovered = originOf(stage, line, column);
    lightSoon();
  }

  /** @param {Origin | null} origin */
  const pin = (origin) => host.pick({ pin: origin && { function: drawn.name, ...origin } });

  function step(by) {
    if (!pinned && hovered) {
      // Scrolling moves the text away under the pointer: what is stepped through has to be kept first.
      takePin(hovered, relationOf(hovered));
      pin(hovered);
    }
    const all = stops(kept);
    if (!all.length) return;
    at = at < 0 ? startOf(all, by) : (at + by + all.length) % all.length;
    hovered = null;
    panes.get(all[at].stage)?.reveal(all[at].line);
    lightSoon();
  }

  /** The first step goes on from where the person is. */
  function startOf(all, by) {
    const line = pinned.stage === "source" ? pinned.line - 1 : pinned.line;
    const here = all.findIndex((stop) => stop.stage === pinned.stage && stop.line === line);
    return here < 0 ? (by > 0 ? 0 : all.length - 1) : (here + by + all.length) % all.length;
  }

  function takePin(origin, relation) {
    pinned = origin;
    kept = relation;
    at = -1;
  }

  /** Bring what a new pin is about into sight, where none of it is. */
  function revealPinned() {
    for (const [stage, pane] of panes) {
      const lit = lightOf(kept, pinned, stage);
      const wanted = lit.origin >= 0 ? [lit.origin] : lit.lines;
      pane.ready.then(() => {
        const [first, last] = pane.visible();
        const near = wanted[lowerBound(wanted, first)];
        if (wanted.length && !(near <= last)) pane.reveal(wanted[0]);
      });
    }
  }

  function drawPin() {
    const { pin: wanted } = ui();
    const next = wanted && wanted.function === drawn.name && (wanted.stage === "source" ? source()[wanted.file] : known(wanted.stage)) ? wanted : null;
    const same = next && pinned && ["stage", "line", "file", "column"].every((key) => next[key] === pinned[key]);
    if (!next) takePin(null, NOTHING);
    else if (!same) {
      takePin(next, relationOf(next));
      const elsewhere = kept.places.length && !kept.places.some(({ file }) => file === shownFile());
      if (elsewhere) host.pick({ file: kept.places[0].file });
      revealPinned();
    } else kept = relationOf(next); // the records may be others
  }

  // -- drawing

  function drawPanes() {
    const wanted = open();
    for (const [stage, pane] of panes) {
      const now = drawn.stages.find((each) => each.stage === stage)?.title; // machine code may be another device's
      if (wanted.includes(stage) && now === pane.element.getAttribute("aria-label")) continue;
      pane.destroy();
      panes.delete(stage);
    }
    for (const stage of wanted) {
      if (!panes.has(stage)) {
        const { title } = drawn.stages.find((each) => each.stage === stage);
        const on = {
          hover: (line, column) => hover(stage, line, column),
          pin: (line, column) => pin(originOf(stage, line, column)),
          close: () => toggle(stage),
          active: () => void (active = stage),
        };
        panes.set(stage, codePane({ stage, title }, on, stage === "source" ? files.element : null));
      }
    }
    const elements = wanted.map((stage) => panes.get(stage).element);
    for (const child of [...grid.children]) if (!elements.includes(child)) child.remove();
    // What stays is not moved: an element that is put in again forgets how far it was scrolled.
    elements.forEach((one, i) => grid.children[i] === one || grid.insertBefore(one, grid.children[i] ?? null));
    grid.style.setProperty("--jx-panes", String(wanted.length));
    grid.classList.toggle("jx-panes-one", wanted.length === 1);
    for (const stage of wanted) fillPane(stage, panes.get(stage));
  }

  function fillPane(stage, pane) {
    const told = drawn.stages.find((each) => each.stage === stage);
    if (stage === "source") return fillSource(pane);
    if (told.available && told.text?.header.available) {
      const { text } = told;
      if (told.late) machine.made();
      pane.show({ text: text.buffers.text, language: text.header.language, lines: text.header.lines, tint: tintOf(stage) });
      return pane.heat(heats(stage));
    }
    if (!told.available || told.text) {
      return pane.say(h("p", {}, `Not available: ${told.title}.`), h("p.jx-quiet", {}, told.reason ?? told.text?.header.reason ?? "No reason was given."));
    }
    if (told.late) return machine.say(pane, drawn.name, told);
    pane.say(h("p", {}, host.command ? "The text is on its way ..." : "This page was saved without this text."));
  }

  function fillSource(pane) {
    const at = shownFile();
    const file = source()[at];
    files.draw(source(), at);
    if (!file || file.text === null) {
      return pane.say(h("p", {}, file ? `The text of ${file.title} is not at hand.` : "The source of this function is not at hand."), h("p.jx-quiet", {}, "A function made by exec, or in a terminal, leaves no file to read."));
    }
    const before = pane.shown?.text;
    pane.show({ text: file.text, language: "python", lines: file.text.split("\n").length, tint: tintOf("source", at) });
    pane.heat(heats("source", at));
    const { main, first } = drawn.source.header;
    if (before !== file.text && at === main && !pinned && first) pane.ready.then(() => pane.top(first - 1));
  }

  /** The same function as long as the links are the same, so that a pane knows that nothing changed. */
  function tintOf(stage, file = 0) {
    const id = `${stage}/${file}`;
    if (!linked.tints.has(id)) {
      const { index } = linked;
      linked.tints.set(id, stage === "source" ? (line) => index.tintAt(file, line + 1) : (line) => index.tint(stage, line));
    }
    return linked.tints.get(id);
  }

  /** @param {Stage[]} stages */
  function link(stages) {
    const texts = stages.flatMap(({ text }) => (text?.header.available ? [text] : []));
    if (texts.length === linked.records.length && texts.every((text, i) => text === linked.records[i])) return;
    const links = texts.map((text) => ({ stage: text.header.stage, links: text.buffers.links, scopes: text.header.scopes, rules: text.header.rules, heads: kernelHeads(text) }));
    linked = { records: texts, index: relativesOf(links), tints: new Map() };
    hovered = null;
  }

  function draw(next) {
    drawn = next;
    if (!drawn.stages.length) return;
    width ||= element.getBoundingClientRect().width;
    buttons.draw(drawn.stages, open(), single());
    drawPanes();
    drawPin();
    lightSoon();
  }

  const seen = new ResizeObserver(([{ contentRect }]) => {
    const before = single();
    width = contentRect.width;
    if (single() !== before) draw(drawn);
  });
  seen.observe(element);

  element.addEventListener("keydown", (event) => {
    const plain = !(event.ctrlKey || event.metaKey || event.altKey);
    const typing = event.target instanceof HTMLElement && event.target.matches("input, select");
    if (plain && !typing && !event.defaultPrevented) {
      const act = { n: () => step(1), p: () => step(-1), "/": search, Escape: pinned ? () => pin(null) : null }[event.key];
      if (act) {
        event.preventDefault();
        act();
      }
    }
    // Plain keys and what the editor used stay here; `?` shows the list, and Ctrl S still saves the notebook.
    if (event.key !== "?" && (event.defaultPrevented || plain)) event.stopPropagation();
  }, { signal });

  function search() {
    (panes.get(active) ?? panes.get(chosen()) ?? [...panes.values()][0])?.search.open();
  }

  signal.addEventListener("abort", () => {
    seen.disconnect();
    cancelAnimationFrame(frame);
    for (const pane of panes.values()) pane.destroy();
  });

  return {
    element,
    draw,
    search,
    link,
    /** Keep a line and show it, with the pane of another stage beside it. @param {Origin} origin @param {string | null} beside */
    go(origin, beside) {
      const wanted = [origin.stage, beside].filter((stage) => stage && known(stage));
      const now = open();
      const missing = single() ? [] : wanted.filter((stage) => !now.includes(stage));
      host.pick({
        pin: { function: drawn.name, ...origin },
        ...(missing.length ? { panes: [...now, ...missing] } : {}),
        ...(single() ? { stage: origin.stage } : {}),
        ...(origin.stage === "source" ? { file: origin.file } : {}),
      });
      if (pinned) revealPinned();
    },
    /** Light up the relatives of a line of another text; null is no line. @param {any[] | null} spans @param {number} line from 0 */
    point(spans, line) {
      hovered = spans && { stage: "pass", line, spans };
      lightSoon();
    },
    get index() {
      return linked.index;
    },
    /** @param {(stage: string, file?: number) => import("./code-heat.js").Heat | null} next */
    heat(next) {
      heats = next;
    },
  };
}
