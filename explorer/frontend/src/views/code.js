/**
 * What jit made of it: choose a function, read what stands out and the figures, and its text at each stage, linked.
 * Draws the records functions and, of one function, subject, inspection, summary, source, stage/<function>/<stage>,
 * instructions, comparison, passes, fusions, memory and issue.
 */
import { fill, h } from "../dom.js";
import { number } from "../format.js";
import css from "../style/code.css";
import costsCss from "../style/costs.css";
import panesCss from "../style/panes.css";
import passesCss from "../style/passes.css";
import memoryCss from "../style/memory.css";
import glossaryCss from "../style/glossary.css";
import graphCss from "../style/graph.css";
import rooflineCss from "../style/roofline.css";
import excerptCss from "../style/excerpt.css";
import fusionsCss from "../style/fusions.css";
import shardingCss from "../style/sharding.css";
import subjectCss from "../style/subject.css";
import reading from "../style/reading.css";
import { figuresOf, figureStrip } from "./code-figures.js";
import { capital, functionPicker } from "./code-functions.js";
import { hints } from "./code-hint.js";
import { comparisonView } from "./comparison.js";
import { costsView } from "./costs-view.js";
import { fusionsView } from "./fusions.js";
import { wordCard } from "./glossary-card.js";
import { graphView } from "./graph.js";
import { issueButton } from "./issue.js";
import { memoryView } from "./memory.js";
import { linkedPanes } from "./panes.js";
import { rooflineView } from "./roofline.js";
import { STAGES } from "./panes-stages.js";
import { passesView } from "./passes.js";
import { problemView } from "./problem.js";
import { shardingView } from "./sharding.js";
import { subjectControls } from "./subject.js";
import { findings } from "./summary.js";

const KEYS = ["functions", "subject/", "inspection/", "summary/", "source/", "stage/", "instructions/", "comparison/", "passes/", "fusions/", "graph/", "roofline/", "sharding/", "memory/", "issue/", "notice/", "ui", "connection"];

/**
 * @param {any} host see the view contract in the hosts folder
 * @param {HTMLElement} el
 * @returns {() => void} cleanup
 */
export function mount(host, el) {
  const over = new AbortController();
  const { signal } = over;
  /** @type {{function: string, since: number} | null} */
  let waiting = null;
  let clock = 0;
  let drawn; // the inspection that is on screen
  let counted = { record: null, totals: null }; // and what its figures are of

  const picker = functionPicker(pick);
  /** Whether a command would be heard. */
  const live = () => Boolean(host.command) && host.get("connection")?.state !== "gone";
  const panes = linkedPanes(host, signal);
  const costs = costsView(host, { pin: (origin) => panes.go(origin, "hlo"), live, ready: draw });
  const summary = findings({ go: (origin, stage) => panes.go(origin, stage), whyNotFused: (lines) => fusions.reach(lines) });
  const subject = subjectControls(host, live);
  const comparison = comparisonView(host, live);
  const issue = issueButton(host, live);
  const passes = passesView(host, {
    live,
    point: panes.point,
    keep: ({ file, line, column }) => panes.go({ stage: "source", file, line, column }, "hlo"),
  });
  const fusions = fusionsView(host, {
    live,
    spans: (line) => panes.index.spansOf("hlo", line),
    point: panes.point,
    go: (origin) => panes.go(origin, null),
    keep: ({ file, line, column }) => panes.go({ stage: "source", file, line, column }, "hlo"),
  });
  const memory = memoryView(host, {
    live,
    spans: (line) => panes.index.spansOf("hlo", line),
    point: panes.point,
    keep: ({ file, line, column }) => panes.go({ stage: "source", file, line, column }, "hlo"),
  });
  const roofline = rooflineView(host, { live, go: (origin) => panes.go(origin, null) });
  const sharding = shardingView(host, { live, go: (origin, stage) => panes.go(origin, stage) });
  const graph = graphView(host, { live, go: (origin) => panes.go(origin, null) });
  panes.heat(costs.heat);
  const made = h("p.jx-quiet.jx-code-made");
  const figures = h("div.jx-figures");
  const message = h("div.jx-code-message", { role: "status" });
  // what is there only once something was compiled
  const looked = h("div.jx-looked", {}, summary.element, sharding.element, comparison.element, costs.controls, panes.element, graph.element, passes.element, fusions.element, memory.element, roofline.element, costs.tables);
  const root = h("div.jx-code", {},
    h("style", {}, reading, css, panesCss, costsCss, passesCss, memoryCss, subjectCss, shardingCss, glossaryCss, graphCss, rooflineCss, excerptCss, fusionsCss),
    h("header.jx-code-head", {}, picker.list, made, issue.element),
    picker.help,
    subject.element,
    figures,
    message,
    looked,
  );
  fill(el, root);
  hints(root, signal);
  wordCard(host, root, signal);

  /** The function on screen: what was picked, else what the kernel calls current. */
  function chosen() {
    const functions = host.get("functions")?.header;
    const names = functions?.functions.map(({ name }) => name) ?? [];
    return [host.get("ui")?.function, functions?.current, names[0]].find((name) => names.includes(name));
  }

  const inspection = (name) => host.get(`inspection/${name}`);

  function pick(name) {
    host.pick({ function: name });
    if (!inspection(name)) ask(name);
    draw();
  }

  function ask(name) {
    if (!live()) return;
    waiting = { function: name, since: performance.now() };
    host.command("inspect", { function: name });
    clearInterval(clock);
    clock = window.setInterval(drawWaiting, 250);
  }

  function drawWaiting() {
    if (waiting?.function !== chosen()) return;
    const { functions, device } = host.get("functions").header;
    const title = titleOf(functions, waiting.function);
    const spent = Math.floor((performance.now() - waiting.since) / 1000);
    say(h("span.jx-spinner", { "aria-hidden": "true" }), h("p", {}, `Compiling ${title} for ${device} ..., ${number(spent)} s`),
      h("p.jx-quiet", {}, "This goes on beside the training. ", elsewhere(waiting.function) ? "“Cancel”, above, ends it." : "A compile that has begun cannot be cancelled."));
  }

  /** Whether it is compiled for a machine that is not here, by a process that can be ended. */
  const elsewhere = (name) => typeof host.get(`subject/${name}`)?.header.size === "string";

  function say(...what) {
    fill(message, ...what);
    message.hidden = what.length === 0;
    looked.hidden = what.length > 0;
  }

  function draw() {
    const functions = host.get("functions")?.header;
    root.classList.toggle("jx-code-empty", !functions);
    if (!functions) {
      return say(h("p", {}, "What jit makes of your functions will be here: the operations JAX recorded, what it hands to XLA, and what runs on the device."),
        h("p.jx-quiet", {}, live() ? "It appears as soon as a model and its data are chosen." : "This page was saved without it."));
    }
    const name = chosen();
    const record = inspection(name);
    if (waiting && ((record && waiting.function === name) || !live())) {
      waiting = null;
      clearInterval(clock);
    }
    picker.draw(functions.functions, name);
    subject.draw(host.get(`subject/${name}`));
    issue.draw(name);
    if (record !== drawn) {
      drawn = record;
      drawMade(record, functions.device);
    }
    const totals = host.get(`summary/${name}`)?.header.totals;
    if (record !== counted.record || totals !== counted.totals) {
      counted = { record, totals };
      fill(figures, record ? figureStrip(figuresOf(record.header, totals)) : []);
    }
    figures.hidden = !record;
    if (waiting?.function === name) return drawWaiting();
    if (!record) return drawAbsent(functions, name);
    drawStages(record, name);
  }

  function drawMade(record, device) {
    const versions = record?.header.versions ?? {};
    made.textContent = record ? [`for ${device}`, versions.jax && `jax ${versions.jax}`].filter(Boolean).join(" · ") : "";
    made.title = record ? [record.header.device, ...Object.entries(versions).map(([key, value]) => `${key} ${value}`)].join(", ") : "";
  }

  function drawStages(record, name) {
    const { problem } = record.header;
    const source = host.get(`source/${name}`);
    const stages = STAGES.flatMap((known) => {
      if (known.stage === "source") return source ? [{ ...known, available: true, reason: null, lines: null }] : [];
      const told = record.header.stages.find(({ stage }) => stage === known.stage);
      const text = host.get(`stage/${name}/${known.stage}`);
      if (known.late) return hasKernels(record) && (text || live()) ? [lateStage({ ...known, ...record.header.late.find(({ stage }) => stage === known.stage) }, text)] : [];
      return told ? [{ ...known, ...told, text, lines: text?.header.available ? text.header.lines : null }] : [];
    });
    const files = source?.header.files ?? [];
    figures.hidden = Boolean(problem) && !stages.some(({ text }) => text?.header.available);
    if (figures.hidden) return say(...problemView(problem, files));
    say();
    const hlo = stages.find(({ stage }) => stage === "hlo")?.text;
    panes.link(stages);
    costs.draw({ name, record: hlo && host.get(`instructions/${name}`), text: hlo?.buffers.text, index: panes.index, files, busy: host.get(`subject/${name}`)?.header.busy ?? null });
    panes.draw({ name, stages, source });
    summary.draw(host.get(`summary/${name}`), files);
    comparison.draw(host.get(`comparison/${name}`), host.get(`subject/${name}`));
    passes.draw(name, files, record.header.times_ms.compile);
    fusions.draw(name, files, panes.index, record.header.times_ms.compile);
    graph.draw(name);
    roofline.draw(name);
    sharding.draw(name, files);
    memory.draw(name, files);
  }

  function drawAbsent(functions, name) {
    const title = titleOf(functions.functions, name);
    if (!live()) return say(h("p", {}, host.command ? `${capital(title)} cannot be compiled: the kernel is gone.` : `This page was saved without ${title}.`), h("p.jx-quiet", {}, "The other functions above may be there."));
    const busy = host.get(`subject/${name}`)?.header.busy;
    if (busy) return say(h("span.jx-spinner", { "aria-hidden": "true" }), h("p", {}, busy));
    say(h("p", {}, `${capital(title)} has not been compiled for ${functions.device} yet.`),
      h("button.jx-button", { type: "button", onclick: () => (ask(name), drawWaiting()) }, "Compile it and show what jit made"));
  }

  root.addEventListener("keydown", (event) => {
    const plain = !(event.ctrlKey || event.metaKey || event.target instanceof HTMLInputElement && event.target.type !== "range");
    const act = plain && !looked.hidden ? { "/": panes.search, "[": () => passes.step(-1), "]": () => passes.step(1) }[event.key] : null;
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }, { signal });

  const offs = KEYS.map((key) => host.on(key, draw));
  draw();
  return () => {
    for (const off of offs) off();
    clearInterval(clock);
    costs.destroy();
    passes.destroy();
    fusions.destroy();
    graph.destroy();
    memory.destroy();
    roofline.destroy();
    sharding.destroy();
    over.abort();
    el.replaceChildren();
  };
}

/** Whether XLA made something that has kernels. */
const hasKernels = (record) => record.header.stages.some(({ stage, available }) => stage === "hlo" && available);

/** What is made when asked for; `reason` of what is known before says why there is never any. */
const lateStage = (known, text) => ({ ...known, available: text?.header.available ?? !known.reason, reason: text?.header.reason ?? known.reason, text, lines: text?.header.available ? text.header.lines : null });

/** "the loss". @param {{name: string, title: string}[]} functions @param {string} name */
function titleOf(functions, name) {
  return functions.find((each) => each.name === name)?.title ?? name;
}
