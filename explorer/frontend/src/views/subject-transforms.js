/**
 * The transformations as chips, the innermost first. A chip opens its options; it moves by dragging, or by Alt and an
 * arrow key; Delete takes it away.
 */
import { fill, h } from "../dom.js";

/** @typedef {{name: string, options: Record<string, any>}} Transform */
/** @typedef {{name: string, help: string, options: {name: string, default: any, help: string}[], reason: string | null}} Choice */

/** @param {(transforms: Transform[]) => void} send */
export function transformChips(send) {
  /** @type {Transform[]} */
  let transforms = [];
  /** @type {Choice[]} */
  let choices = [];
  let open = -1; // the chip whose options are shown
  let focus = -1; // the chip to focus after the next drawing
  let dragged = -1;

  const list = h("ol.jx-chips", { "aria-label": "Transformations, the innermost first" });
  const add = h("select.jx-chip-add", { "aria-label": "Add a transformation", onchange: ({ target }) => {
    const { value } = target;
    target.value = "";
    if (value) change([...transforms, { name: value, options: {} }], transforms.length);
  } });
  const panel = h("div.jx-chip-panel", { role: "group" });
  const element = h("div.jx-transforms", {}, h("div.jx-chips-row", {}, list, add), panel);

  function change(next, at = -1) {
    focus = at;
    open = open >= 0 && at >= 0 ? at : -1;
    transforms = next;
    draw();
    send(next);
  }

  function move(from, to) {
    if (to < 0 || to >= transforms.length || from === to) return;
    const next = [...transforms];
    next.splice(to, 0, ...next.splice(from, 1));
    change(next, to);
  }

  const remove = (at) => change(transforms.filter((_, i) => i !== at), Math.min(at, transforms.length - 2));

  function keys(event, at) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step && event.altKey) move(at, at + step);
    else if (step) list.querySelectorAll(".jx-chip-name")[at + step]?.focus();
    else if (event.key === "Delete" || event.key === "Backspace") remove(at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function chip({ name, options }, at) {
    const told = Object.entries(options ?? {}).filter(([key, value]) => !usual(name, key, value)).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`).join("");
    const help = choices.find((each) => each.name === name)?.help;
    return h("li.jx-chip", {
      draggable: "true",
      ondragstart: (event) => {
        dragged = at;
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", name);
      },
      ondragover: (event) => dragged >= 0 && event.preventDefault(),
      ondrop: (event) => {
        event.preventDefault();
        if (dragged >= 0) move(dragged, at);
        dragged = -1;
      },
      ondragend: () => (dragged = -1),
    },
      h("button.jx-chip-name", {
        type: "button", "aria-expanded": String(open === at), title: `${help ?? name}\nAlt and an arrow key moves it, Delete takes it away.`,
        onclick: () => ((open = open === at ? -1 : at), (focus = at), draw()), onkeydown: (event) => keys(event, at),
      }, name, told ? h("small", {}, told) : null),
      h("button.jx-chip-remove", { type: "button", "aria-label": `Take ${name} away`, onclick: () => remove(at) }, "×"),
    );
  }

  /** Whether an option is as it is where nobody says anything. */
  function usual(name, key, value) {
    const option = choices.find((each) => each.name === name)?.options.find((each) => each.name === key);
    return option !== undefined && JSON.stringify(option.default) === JSON.stringify(value);
  }

  function drawPanel() {
    const transform = transforms[open];
    const choice = choices.find(({ name }) => name === transform?.name);
    panel.hidden = !transform;
    if (!transform) return;
    panel.setAttribute("aria-label", `Options of ${transform.name}`);
    const at = open;
    const put = (name, text) => {
      const options = { ...transform.options };
      if (text.trim() === "") delete options[name];
      else options[name] = valueOf(text);
      change(transforms.map((each, i) => (i === at ? { ...each, options } : each)), at);
    };
    fill(panel,
      h("p.jx-quiet", {}, choice?.help ?? ""),
      (choice?.options ?? []).map(({ name, default: usual, help }) => h("label.jx-chip-option", { title: help }, name,
        h("input.jx-input", { type: "text", value: name in (transform.options ?? {}) ? written(transform.options[name]) : "", placeholder: written(usual), spellcheck: "false", onchange: ({ target }) => put(name, target.value) }))),
      h("div.jx-chip-moves", {},
        h("button.jx-tool-button", { type: "button", disabled: at === 0, onclick: () => move(at, at - 1) }, "← earlier"),
        h("button.jx-tool-button", { type: "button", disabled: at === transforms.length - 1, onclick: () => move(at, at + 1) }, "later →")),
    );
  }

  function draw() {
    fill(list, transforms.map(chip), transforms.length ? null : h("li.jx-quiet", {}, "none: the function as it is"));
    fill(add, h("option", { value: "" }, "+ add ..."), choices.map(({ name, help, reason }) =>
      h("option", { value: name, disabled: Boolean(reason), title: reason ?? help }, reason ? `${name}: ${reason}` : name)));
    drawPanel();
    if (focus >= 0) list.querySelectorAll(".jx-chip-name")[focus]?.focus();
    focus = -1;
  }

  return {
    element,
    /** @param {Transform[]} now @param {Choice[]} known */
    draw(now, known) {
      const held = [...list.querySelectorAll(".jx-chip-name")].indexOf(list.getRootNode().activeElement);
      if (held >= 0) focus = Math.min(held, now.length - 1);
      if (open >= now.length) open = -1;
      const typing = panel.contains(panel.getRootNode().activeElement);
      transforms = now;
      choices = known;
      if (!typing) draw();
    },
  };
}

/** What was typed as a value: JSON where it is, Python's words for it too, else the text itself. */
function valueOf(text) {
  const words = { None: null, True: true, False: false };
  if (text.trim() in words) return words[text.trim()];
  try {
    return JSON.parse(text.trim().replace(/^\((.*?),?\)$/, "[$1]"));
  } catch {
    return text.trim();
  }
}

const written = (value) => (value === null || value === undefined ? "None" : typeof value === "string" ? value : JSON.stringify(value));
