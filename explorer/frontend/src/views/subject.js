/** What is looked at and how: the transformations around the function, its dtype and its shapes. Draws subject/<function>. */
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { sizes } from "./subject-sizes.js";
import { optionChips, optionsInWords } from "./subject-options.js";
import { sharding } from "./subject-sharding.js";
import { targetPicker } from "./subject-target.js";
import { transformChips } from "./subject-transforms.js";

const FIELDS = { dtype: "dtype", target: "target", mesh: "sharding", specs: "sharding" }; // where a problem stands

/**
 * @param {any} host
 * @param {() => boolean} live
 */
export function subjectControls(host, live) {
  const send = (name, args) => host.command(name, args);
  const chips = transformChips((transforms) => send("set_transforms", { transforms }));
  const shapes = sizes((args) => send("set_axis", args));
  const dtype = h("select.jx-subject-dtype", { "aria-label": "dtype", onchange: ({ target }) => send("set_dtype", { dtype: target.value || null }) });
  const target = targetPicker((name) => send("set_target", { target: name }));
  const options = optionChips({ options: (given) => send("set_compiler_options", { options: given }), passes: (passes) => send("set_passes_off", { passes }) });
  const spread = sharding({ typed: (typed) => send("set_sharding", typed), mesh: (mesh) => send("set_mesh", { mesh }), split: (split) => send("set_split", split) });
  const cancel = h("button.jx-tool-button", { type: "button", onclick: () => send("cancel", {}) }, "Cancel");
  const ending = h("span");
  const name = h("code.jx-subject-name");
  const busy = h("span.jx-subject-busy", { "aria-live": "polite" });
  const problem = h("p.jx-field-problem", { role: "alert", "data-level": "error" });
  const slot = { transforms: h("div.jx-subject-slot"), dtype: h("div.jx-subject-slot"), target: h("div.jx-subject-slot"), sharding: h("div.jx-subject-slot"), shapes: h("div.jx-subject-slot"), options: h("div.jx-subject-slot") };
  const element = h("section.jx-subject", { "aria-label": "What is inspected" },
    h("div.jx-subject-row", {}, h("span.jx-subject-label", {}, "Inspected"), name, h("span", {}, busy, " ", ending)),
    h("div.jx-subject-row", {}, h("span.jx-subject-label", {}, "Transformations"), slot.transforms),
    h("div.jx-subject-row", {}, h("span.jx-subject-label", {}, "dtype"), slot.dtype),
    h("div.jx-subject-row", {}, h("span.jx-subject-label", {}, "Device"), slot.target),
    h("div.jx-subject-row", {}, h("span.jx-subject-label", {}, "Spread over"), slot.sharding),
    h("div.jx-subject-row", {}, h("span.jx-subject-label", {}, "Shapes"), slot.shapes),
    h("div.jx-subject-row", {}, h("span.jx-subject-label", {}, "Compiler"), slot.options),
  );
  /** @type {any} */
  let drawn = null;
  let wasLive = null;

  function draw(header) {
    const on = live();
    // of a function that a run is made of only how it is compiled is chosen here
    for (const row of [slot.transforms, slot.dtype, slot.shapes]) row.parentElement.hidden = !header.choices.length;
    slot.sharding.parentElement.hidden = !header.sharding;
    name.textContent = header.name;
    fill(busy, header.busy ? [h("span.jx-spinner", { "aria-hidden": "true" }), header.busy] : []);
    element.setAttribute("aria-busy", String(Boolean(header.busy)));
    fill(ending, on && header.busy && header.size !== null ? cancel : []); // only another process can be ended
    if (on) {
      chips.draw(header.transforms, header.choices);
      shapes.draw(header.arguments);
      fill(dtype, h("option", { value: "", selected: header.dtype === null }, "as given"), header.dtypes.map(({ name: each, reason }) =>
        h("option", { value: each, selected: each === header.dtype, disabled: Boolean(reason), title: reason }, reason ? `${each}: ${reason}` : each)));
      target.draw(header);
      if (header.sharding) spread.draw(header);
      if (slot.sharding.firstChild !== spread.element) fill(slot.sharding, spread.element);
      options.draw(header);
      if (slot.options.firstChild !== options.element) fill(slot.options, options.element);
      if (slot.target.firstChild !== target.element) fill(slot.target, target.element);
      if (slot.transforms.firstChild !== chips.element) fill(slot.transforms, chips.element);
      if (slot.dtype.firstChild !== dtype) fill(slot.dtype, dtype);
      if (slot.shapes.firstChild !== shapes.element) fill(slot.shapes, shapes.element);
    } else {
      fill(slot.transforms, header.transforms.length ? header.transforms.map(inWords).join(", then ") : "none");
      fill(slot.dtype, header.dtype ?? "as given");
      fill(slot.sharding, header.sharding?.mesh ? `${header.sharding.mesh}: ${header.sharding.specs}` : "one device");
      fill(slot.target, header.target ?? "default");
      fill(slot.options, optionsInWords(header));
      fill(slot.shapes, header.arguments.map(({ name: each, shape, dtype: of }) => `${each}: ${of}[${shape.join(", ")}]`).join(", ") || "no arrays");
    }
    drawProblem(header.problem);
  }

  /** At the field it is about; the names of arguments stand for their shapes. */
  function drawProblem(told) {
    problem.remove();
    for (const each of Object.values(slot)) each.removeAttribute("data-problem");
    if (!told) return;
    const field = told.field === "compiler_options" ? "options" : FIELDS[told.field] ? FIELDS[told.field] : drawn.header.arguments.some((each) => told.field?.startsWith(each.name)) ? "shapes" : "transforms";
    slot[field].setAttribute("data-problem", "");
    slot[field].after(problem);
    fill(problem, icon("alarm"), h("span", {}, told.text));
  }

  return {
    element,
    /** @param {any} record or undefined, where nothing can be changed */
    draw(record) {
      element.hidden = !record;
      if (!record || (record === drawn && wasLive === live())) return;
      drawn = record;
      wasLive = live();
      draw(record.header);
    },
  };
}

/** "grad (argnums 1)". */
function inWords({ name, options }) {
  const told = Object.entries(options ?? {}).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  return told.length ? `${name} (${told.join(", ")})` : name;
}
