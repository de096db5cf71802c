/** Go back to a step, and on from there with other settings: the button, and the dialog that asks for the step. */
import { openDialog } from "../dialog.js";
import { h } from "../dom.js";
import { integer } from "../format.js";
import { icon } from "../icons.js";

/** @param {any} host @returns {HTMLButtonElement} */
export function branchButton(host) {
  const title = "Go back to an earlier step, change a setting, and go on from there as a run of its own (a branch)";
  const button = h("button.jx-button", { type: "button", "data-command": "branch", title, onclick: ask }, icon("undo"), h("span", {}, "Go back …"));

  function ask() {
    const { step } = host.get("status").header;
    const last = Math.max(0, step - 1);
    const start = Math.min(last, Math.round(step / 2));
    const slider = h("input.jx-slider", { type: "range", min: 0, max: last, value: start, "aria-label": "Step", oninput: () => (number.value = slider.value) });
    const number = h("input.jx-branch-step", { type: "number", min: 0, max: last, value: start, "aria-label": "Step", oninput: () => (slider.value = number.value) });
    const go = h("button.jx-button.jx-filled", { type: "button", onclick: send }, "Go back");
    const dialog = openDialog(button, "Go back to a step",
      h("p", {}, "The run stays as it is. A branch of it begins at the step you choose, with the same parameters and the same state of the optimizer, bit for bit: from the nearest state that was kept, the steps up to there are taken again."),
      h("p", {}, "Then change a setting, and press Resume. Both curves stand in the chart, named by what differs."),
      h("p.jx-branch-choice", {}, h("span", {}, "After step"), number, slider, h("span.jx-quiet", {}, `of ${integer(step)}`)),
      h("div.jx-dialog-foot", {}, go),
    );
    number.focus();
    number.addEventListener("keydown", (event) => event.key === "Enter" && send());

    function send() {
      const chosen = Math.round(Number(number.value));
      if (!(chosen >= 0 && chosen <= last)) return number.focus();
      host.command("branch", { step: chosen });
      dialog.close();
    }
  }

  return button;
}
