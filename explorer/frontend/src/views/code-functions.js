/** The top row of the code view: which function to look into. */
import { fill, h } from "../dom.js";

const bare = (title) => title.replace(/^the /i, "");

/** "the loss" -> "The loss". @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** "the loss", whether its title is "Loss" or "the loss". @param {{name: string, title: string}[]} functions @param {string} name */
export function inSentence(functions, name) {
  const title = bare(functions.find((each) => each.name === name)?.title ?? name);
  return `the ${title.charAt(0).toLowerCase()}${title.slice(1)}`;
}

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
      const focused = list.contains(list.getRootNode().activeElement);
      fill(list, functions.map(({ name, title, help: text }) =>
        h("button.jx-segment", {
          type: "button", role: "radio", title: text, "data-name": name,
          "aria-checked": String(name === chosen), tabindex: name === chosen ? "0" : "-1",
          onclick: () => onpick(name),
        }, capital(bare(title)))));
      fill(help, functions.find(({ name }) => name === chosen)?.help ?? "");
      if (focused) list.querySelector("[aria-checked=true]")?.focus();
    },
  };
}
