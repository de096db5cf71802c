/** The top row of the code view: which function to look into. */
import { fill, h } from "../dom.js";

/** "the loss" -> "The loss". @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** "the loss" -> "Loss"; the name of a person's own function stays as it is. @param {string} title */
const label = (title) => (title.startsWith("the ") ? capital(title.slice(4)) : title);

/** @param {(name: string) => void} onpick */
export function functionPicker(onpick) {
  const list = h("div.jx-segments", { role: "radiogroup", "aria-label": "Function" });
  const help = h("p.jx-code-help");

  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(event.target);
    const to = buttons[(at + step + buttons.length) % buttons.length];
    to.focus();
    to.click();
  });

  return {
    list,
    help,
    /** @param {{name: string, title: string, help: string}[]} functions @param {string} chosen */
    draw(functions, chosen) {
      list.hidden = functions.length < 2;
      const focused = list.contains(list.getRootNode().activeElement);
      fill(list, functions.map(({ name, title, help: text }) =>
        h("button.jx-segment", {
          type: "button", role: "radio", title: text, "data-name": name,
          "aria-checked": String(name === chosen), tabindex: name === chosen ? "0" : "-1",
          onclick: () => onpick(name),
        }, label(title))));
      fill(help, functions.find(({ name }) => name === chosen)?.help ?? "");
      help.hidden = !help.textContent;
      if (focused) list.querySelector("[aria-checked=true]")?.focus();
    },
  };
}
