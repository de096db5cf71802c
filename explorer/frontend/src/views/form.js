/** The choices: model, data, optimizer, device and training; each with its problem beside it. */
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import css from "../style/form.css";
import { field } from "./form-field.js";
import { summary } from "./form-summary.js";

const GROUPS = { model: "Model", data: "Data", optimizer: "Optimizer", device: "Device", training: "Training" };

/** @param {any} host @param {HTMLElement} el @returns {() => void} cleanup */
export function mount(host, el) {
  const made = new Map(); // name -> {kind, element, draw}
  const problem = h("p.jx-form-problem", { role: "alert", hidden: true }, icon("alarm"), h("span"));
  const note = h("p.jx-form-note", { hidden: true });
  const sections = Object.entries(GROUPS).map(([name, title]) => section(name, title));
  const empty = h("p.jx-quiet", {}, "The choices appear here as soon as the kernel answers.");
  const undo = h("button.jx-tool-button", { type: "button", title: "Take back the last choice", onclick: () => host.command("undo") }, icon("undo"), h("span", {}, "Undo"));
  const form = h("form.jx-form", { novalidate: true, autocomplete: "off" }, h("style", {}, css), problem, note, empty, sections.map((each) => each.element), h("div.jx-form-foot", {}, undo));
  form.addEventListener("submit", (event) => event.preventDefault());
  fill(el, form);

  function draw() {
    const header = host.get("form")?.header;
    const gone = host.get("connection")?.state === "gone";
    empty.hidden = Boolean(header);
    undo.hidden = !header;
    undo.disabled = gone;
    problem.hidden = !header?.problem;
    problem.lastElementChild.textContent = header?.problem ?? "";
    const fields = header?.fields ?? [];
    const shared = commonReason(fields);
    note.hidden = !shared || gone;
    note.textContent = shared ?? "";
    for (const [name, each] of made) {
      if (fields.some((wanted) => wanted.name === name && wanted.kind === each.kind)) continue;
      each.element.remove();
      each.cleanup();
      made.delete(name);
    }
    for (const group of sections) {
      const own = fields.filter((wanted) => wanted.group === group.name);
      group.element.hidden = !own.length;
      arrange(group.plain, own.filter((wanted) => !wanted.advanced));
      const folded = own.filter((wanted) => wanted.advanced);
      arrange(group.folded, folded);
      group.more.hidden = !folded.length;
      group.count.textContent = `${folded.length} more`;
      if (folded.some((wanted) => wanted.problem)) group.more.open = true;
    }

    function arrange(place, wanted) {
      wanted.forEach((each, i) => {
        if (!made.has(each.name)) made.set(each.name, field(each, (value) => host.command("set", { field: each.name, value })));
        const { element, draw } = made.get(each.name);
        if (place.children[i] !== element) place.insertBefore(element, place.children[i] ?? null);
        draw(gone ? { ...each, disabled: "No longer connected" } : each, shared);
      });
    }
  }

  if (!host.command) return summary(host, el);
  const offs = ["form", "connection"].map((key) => host.on(key, draw));
  draw();
  return () => {
    for (const off of offs) off();
    for (const each of made.values()) each.cleanup();
    el.replaceChildren();
  };
}

function section(name, title) {
  const plain = h("div.jx-fields");
  const folded = h("div.jx-fields");
  const count = h("span");
  const more = h("details.jx-more", {}, h("summary", {}, count), folded);
  const element = h("fieldset.jx-group", { "data-group": name }, h("legend", {}, title), plain, more);
  return { name, element, plain, folded, more, count };
}

/** The reason that most greyed fields share is said once, above them, not under each. */
function commonReason(fields) {
  const reasons = fields.map(({ disabled }) => disabled).filter(Boolean);
  return reasons.find((reason) => reasons.filter((other) => other === reason).length > 1) ?? null;
}
