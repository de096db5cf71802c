/** The program as a graph: jaxpr or HLO, computation by computation. Draws graph/<function>/<stage>. */
import { fill, h } from "../dom.js";
import { integer } from "../format.js";
import { layouts } from "./graph-layout.js";
import { graphModel } from "./graph-model.js";
import { graphPicture, sizeOf } from "./graph-picture.js";
import { onDemand } from "./on-demand.js";

const ABOUT = "What flows into what: each box is an operation, each arrow an array. Fusions are one box, and equal layers are drawn once, with their number.";
const READABLE = 0.7; // the least size at which names are still read
const LEFT_OUT = "It was not asked for before the kernel was gone.";
const STAGES = [["jaxpr", "JAX recorded (jaxpr)"], ["hlo", "Runs on the device (HLO)"]];
const LEGEND = [["product", "matrix product"], ["fusion", "fusion"], ["control", "loop or call"], ["far", "copy, library, communication"], ["input", "input"]];

/**
 * @param {any} host
 * @param {{live: () => boolean, go: (origin: {stage: string, line: number}) => void}} on
 */
export function graphView(host, on) {
  let name = "";
  let stage = "hlo";
  /** @type {any} */
  let record = null;
  /** @type {ReturnType<typeof graphModel> | null} */
  let model = null;
  /** @type {import("./graph-model.js").Visible | null} */
  let visible = null;
  /** @type {import("./graph-model.js").Chosen} */
  let chosen = { computation: 0, opened: new Set(), focus: "", radius: 0, all: false };
  let fit = true; // the next picture is one to see whole
  /** @type {{inside: number, change: Partial<import("./graph-model.js").Chosen>} | null} */
  let wanted = null; // what is shown once the kernel has read a computation that is not here yet

  const which = h("div.jx-graph-stages", { role: "radiogroup", "aria-label": "Which text" });
  const inside = h("select.jx-graph-inside", { "aria-label": "Which computation", onchange: () => showInside(Number(inside.value), { computation: Number(inside.value), opened: new Set(), focus: "", radius: 0 }) });
  const count = h("output.jx-quiet.jx-graph-count");
  const tool = (text, hint, onclick) => h("button.jx-tool-button", { type: "button", title: hint, "aria-label": hint, onclick }, text);
  const fewer = tool("− around", "Show fewer steps around the box in the middle", () => show({ radius: Math.max(1, visible.radius - 1) }));
  const more = tool("+ around", "Show more steps around the box in the middle", () => show({ radius: visible.radius + 1 }));
  const close = tool("Close fusions", "Draw each fusion as one box again", () => show({ opened: new Set() }));
  const all = h("input", { type: "checkbox", onchange: () => show({ all: all.checked }) });
  const legend = h("ul.jx-graph-legend", { "aria-label": "Colours" }, LEGEND.map(([kind, text]) => h("li", {}, h("span.jx-graph-swatch", { "data-kind": kind }), text)));
  const ask = onDemand(host, {
    command: "graph",
    args: () => ({ stage }),
    meanwhile: () => layout.warm(),
    about: ABOUT,
    button: "Show the graph",
    cost: () => "",
    busy: "Reading the program",
    lost: "The graph was not asked for before the kernel was gone.",
    saved: "This page was saved without the graph.",
    live: on.live,
  });
  const picture = graphPicture({
    go(node) {
      picture.choose(node.id);
      on.go({ stage, line: node.line });
      if (node.cut) show({ focus: node.id });
      else chosen.focus = node.id;
    },
    open(node) {
      const opened = new Set(chosen.opened);
      opened.add(node.id);
      showInside(node.inside, { opened, focus: "" });
    },
  });
  const scroller = h("div.jx-graph-scroll", { tabindex: "0", "aria-label": "The graph; scrolls" }, picture.element);
  const body = h("div.jx-graph-body", {},
    h("div.jx-graph-bar", {}, which, inside, count, fewer, more, close,
      h("label.jx-graph-all", {}, all, " Constants and tuples too"),
      tool("−", "Smaller", () => picture.zoom(1 / 1.25)), tool("+", "Larger", () => picture.zoom(1.25)), tool("Fit", "As wide as the picture's frame", () => picture.zoom(0, scroller.clientWidth - 4))),
    scroller, legend);
  const element = h("section.jx-graph", { "aria-label": "The graph" }, h("h4", {}, "The graph"), ask.element, body);
  body.hidden = true;

  const layout = layouts((laid) => {
    if (!visible || !model) return;
    const { opens, has } = model;
    picture.draw(laid, visible, { opens: (node) => opens(node.node) && (has(node.inside) || on.live()), chosen: chosen.focus });
    if (fit) picture.zoom(0, Math.max(scroller.clientWidth - 4, laid.width * READABLE));
    fit = false;
    const middle = picture.placeOf(chosen.focus || laid.boxes[Math.floor(laid.boxes.length / 2)].id);
    if (middle) {
      const [box, frame] = [middle.getBoundingClientRect(), scroller.getBoundingClientRect()];
      scroller.scrollTop += box.top - frame.top - frame.height / 2;
      scroller.scrollLeft += box.left - frame.left - frame.width / 2;
    }
  }, (problem) => ask.missing("The graph could not be laid out.", problem));

  /** @param {Partial<import("./graph-model.js").Chosen>} change */
  function show(change) {
    chosen = { ...chosen, ...change };
    if (change.computation !== undefined || change.opened) fit = true;
    visible = model.visible(chosen);
    const { nodes, edges, groups, total, left, radius } = visible;
    const folded = groups.length ? ` · ${integer(model.folded(chosen.computation))} are in equal layers that are drawn once` : "";
    count.textContent = `showing ${integer(nodes.length)} of ${integer(total)} operations${folded}`;
    count.title = left ? `${integer(left)} more could be drawn; here are those at most ${radius} steps away.` : "The others are constants, tuples and what was folded.";
    fewer.hidden = more.hidden = !left && !chosen.radius;
    close.hidden = chosen.opened.size === 0;
    inside.value = String(chosen.computation);
    ask.hide();
    layout.ask({ boxes: nodes.map((node) => ({ id: node.id, group: node.group, ...sizeOf(node) })), edges, groups: groups.map(({ id }) => id) });
  }

  /** Shows what needs a computation, once it is here. @param {number} computation @param {Partial<import("./graph-model.js").Chosen>} change */
  function showInside(computation, change) {
    if (model.has(computation)) return show(change);
    inside.value = String(chosen.computation);
    if (!on.live()) return void (count.textContent = LEFT_OUT);
    wanted = { inside: computation, change };
    count.textContent = "Reading what is inside …";
    host.command("graph", { function: name, stage, inside: computation });
  }

  function drawMissing() {
    body.hidden = true;
    ask.missing();
  }

  function drawAll() {
    fill(which, STAGES.map(([each, title]) => h("button.jx-tool-button", { type: "button", role: "radio", "aria-checked": String(each === stage), onclick: () => pickStage(each) }, title)));
    body.hidden = false;
    if (record.header.reason) {
      fill(picture.element);
      return ask.missing("There is no graph of this text.", record.header.reason);
    }
    model = graphModel(record);
    wanted = null;
    // those that are worth a picture of their own; what is inside a fusion is shown in its place
    const listed = model.computations.filter(({ number, size }) => number === model.entry || (size > 3 && (model.has(number) || on.live()))).sort((a, b) => Number(b.number === model.entry) - Number(a.number === model.entry) || b.size - a.size).slice(0, 200);
    fill(inside, listed.map(({ name: of, number, size }) => h("option", { value: number }, `${number === model.entry ? "the whole program" : of}, ${integer(size)}`)));
    show({ computation: model.entry, opened: new Set(), focus: "", radius: 0 });
  }

  /** @param {string} picked */
  function pickStage(picked) {
    stage = picked;
    if (!host.get(`graph/${name}/${stage}`) && on.live()) ask.ask();
    draw(name);
  }

  /** Draws what was waited for, in the picture as it stands. */
  function drawMore() {
    model = graphModel(record);
    if (!wanted || !model.has(wanted.inside)) return;
    const { change } = wanted;
    wanted = null;
    show(change);
  }

  function draw(function_) {
    const made = host.get(`graph/${function_}/${stage}`);
    const waits = ask.waits(function_, made);
    const same = function_ === name && made === record && made;
    const more = function_ === name && made && record && String(made.header.computations) === String(record.header.computations) && made.header.stage === record.header.stage;
    name = function_;
    if (waits || same) return;
    record = made ?? null;
    if (more) return drawMore();
    if (record) drawAll();
    else drawMissing();
  }

  return { element, draw, destroy: () => (ask.destroy(), layout.destroy()) };
}
