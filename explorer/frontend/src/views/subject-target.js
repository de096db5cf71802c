/** What it is made for: a device that runs here, or a machine that it is only compiled for, and how many of those. */
import { fill, h } from "../dom.js";

/** @typedef {{name: string, title: string, can: string, reason: string | null}} Entry */

const machine = (name) => name.split(":")[0];

/** @param {(target: string | null) => void} send */
export function targetPicker(send) {
  /** @type {string | null} */
  let chosen = null;
  let typing = false; // what is half typed stays
  let asked = false; // and what was asked for, until it is there; where it is wrong, to be put right
  const select = h("select.jx-subject-target", { "aria-label": "device", onchange: ({ target }) => {
    asked = false;
    send(target.value || null);
  } });
  const size = h("input.jx-input.jx-subject-count", { type: "text", spellcheck: "false", oninput: () => (typing = true), onchange: ({ target }) => {
    typing = false;
    asked = true;
    const text = target.value.trim().replaceAll("×", "x");
    if (chosen && text) send(`${machine(chosen)}:${text}`);
  } });
  const unit = h("label.jx-subject-unit", {}, size, h("span"));
  const note = h("span.jx-quiet");
  const element = h("div.jx-subject-device", {}, select, unit, note);

  return {
    element,
    /** @param {{target: string | null, targets: Entry[], size: string | null, busy: string | null, problem: {field: string} | null}} header */
    draw({ target, targets, size: count, busy, problem }) {
      chosen = target;
      const only = count !== null;
      const own = only ? machine(target ?? "") : target;
      const groups = [...new Set(targets.map(({ can }) => can))].map((can) => h("optgroup", { label: can }, targets.filter((each) => each.can === can).map(({ name, title, reason }) =>
        h("option", { value: name, selected: own !== null && machine(name) === own, disabled: Boolean(reason), title: reason ?? can }, title))));
      fill(select, h("option", { value: "", selected: target === null }, "default"), groups);
      unit.hidden = !only;
      const gpus = own?.startsWith("gpu");
      size.setAttribute("aria-label", gpus ? "How many" : "Chips along each axis");
      size.title = gpus ? "1 to 256" : "Such as 4x4, or 2x2x4 where a generation has three axes; up to 256 chips";
      fill(unit.lastChild, gpus ? "of them" : "chips");
      note.textContent = !only ? "" : gpus ? "compile only, not autotuned: XLA tries kernels out only on the GPU itself" : "compile only";
      if (typing || (asked && (busy || problem?.field === "target"))) return;
      asked = false;
      size.value = count ?? "";
    },
  };
}
