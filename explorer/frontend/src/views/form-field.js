/** One field: label, control, help, and its problem. What was typed goes to Python as it is, which says what is wrong. */
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { picker } from "./form-picker.js";
import { slider } from "./form-slider.js";

/**
 * @param {any} first the field as the form record has it
 * @param {(value: any) => void} send
 */
export function field(first, send) {
  const id = `jx-${first.name}-${Math.random().toString(36).slice(2, 8)}`;
  const control = { select: selectControl, checkbox: checkboxControl }[first.kind]?.(id, send) ?? textControl(first, id, send);
  const label = h("label", { for: id, id: `${id}-label` });
  const help = h("button.jx-help", { type: "button", tabindex: "0" }, "?");
  const explained = h("p.jx-field-help", { id: `${id}-help`, hidden: true });
  const problem = h("p.jx-field-problem", { id: `${id}-problem`, hidden: true });
  const element = h("div.jx-field", { "data-field": first.name, "data-kind": first.kind }, h("div.jx-label-row", {}, label, help), control.element, problem, explained);
  help.addEventListener("click", () => {
    explained.hidden = !explained.hidden;
    help.setAttribute("aria-expanded", String(!explained.hidden));
  });

  function draw(wanted, sharedReason) {
    fill(label, wanted.label, wanted.unit && h("span.jx-field-unit", {}, wanted.unit), wanted.live && h("span.jx-live", { title: "May be changed while the training runs" }, "live"));
    const about = [wanted.help, wanted.doc].filter(Boolean).join(" ");
    help.hidden = !about;
    help.title = about;
    help.setAttribute("aria-label", `About ${wanted.label}`);
    explained.textContent = about;
    const reason = wanted.disabled && wanted.disabled !== sharedReason ? wanted.disabled : null;
    const text = wanted.problem ?? reason;
    problem.hidden = !text;
    problem.dataset.level = wanted.problem ? "error" : "reason";
    fill(problem, wanted.problem && icon("alarm"), h("span", {}, text ?? ""));
    element.title = wanted.disabled ?? "";
    element.toggleAttribute("data-disabled", Boolean(wanted.disabled));
    control.input.setAttribute("aria-invalid", String(Boolean(wanted.problem)));
    control.input.setAttribute("aria-describedby", text ? `${id}-problem` : `${id}-help`);
    control.draw(wanted);
  }

  return { kind: first.kind, element, draw, cleanup: () => control.cleanup?.() };
}

function selectControl(id, send) {
  return picker(id, send);
}

function checkboxControl(id, send) {
  const input = h("input.jx-checkbox", { type: "checkbox", id, onchange: () => send(input.checked) });
  return {
    element: input,
    input,
    draw({ value, disabled }) {
      input.checked = Boolean(value);
      input.disabled = Boolean(disabled);
    },
  };
}

function textControl(first, id, send) {
  const input = h("input.jx-input", { type: "text", id, inputmode: first.kind === "number" ? "decimal" : null, spellcheck: "false" });
  const track = first.kind === "number" && first.log ? slider(first, input, send) : null;
  let known = null; // the value that the kernel last told, as text
  let sent = null; // what was sent and not yet answered with another value

  function commit() {
    if (input.value.trim() === known && sent === null) return;
    if (input.value === sent) return;
    sent = input.value;
    send(input.value);
  }
  input.addEventListener("change", commit);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") commit();
    if (event.key !== "Escape") return;
    input.value = known;
    commit();
  });

  return {
    element: track ? h("div.jx-with-slider", {}, input, track.element) : input,
    input,
    draw({ value, disabled, problem, placeholder }) {
      const told = value === null || value === undefined ? "" : String(value);
      const typing = input.matches(":focus") && input.value !== known && input.value !== sent;
      // what was typed stays while it is being typed, and while it is the thing with the problem: nothing is lost
      if (!typing && !(problem && sent !== null)) input.value = told;
      if (!problem) sent = null;
      known = told;
      input.disabled = Boolean(disabled);
      input.placeholder = placeholder ?? (value === null ? "none" : "");
      track?.draw(value, Boolean(disabled));
    },
  };
}
