/** A finding to take to others: the kernel writes it up, the browser copies it. Draws issue/<function>. */
import { fill, h } from "../dom.js";
import { openDialog } from "../dialog.js";
import { copy } from "./code-copy.js";

/**
 * @param {any} host
 * @param {() => boolean} live
 */
export function issueButton(host, live) {
  let name = "";
  /** @type {any} the record that was there when a new one was asked for; null when nothing was asked */
  let before = null;
  const element = h("button.jx-tool-button.jx-issue", { type: "button", onclick: press, title: "The finding, the excerpt, the versions and a program that shows it, as text" });

  const record = () => host.get(`issue/${name}`);

  function press() {
    if (!live()) return void show(record());
    before = { record: record() };
    host.command("issue", { function: name });
    draw();
  }

  async function show({ buffers: { text } }) {
    const area = h("textarea.jx-issue-text", { readonly: true, rows: "16", "aria-label": "The issue as text" });
    area.value = text;
    const said = h("p.jx-quiet", { role: "status" });
    const again = h("button.jx-button", { type: "button", onclick: () => put() }, "Copy");
    openDialog(element, "Copy as issue", h("p.jx-quiet", {}, "Paste it where the issue is filed. Read it first: it quotes your code."), area, h("div.jx-dialog-foot", {}, again, said));
    async function put() {
      const done = await copy(text, area.parentElement);
      if (!done) area.select();
      said.textContent = done ? "Copied." : "The browser refused the clipboard. The text is selected: press Ctrl C.";
    }
    await put();
  }

  function draw() {
    const made = record();
    if (before && made && made !== before.record) {
      before = null;
      show(made);
    }
    element.hidden = !live() && !made;
    element.disabled = before !== null && live();
    fill(element, element.disabled ? "Writing it up ..." : "Copy as issue");
  }

  return {
    element,
    /** @param {string} function_ the function on screen */
    draw(function_) {
      if (function_ !== name) before = null;
      name = function_;
      draw();
    },
    /** Nothing came of what was asked for. */
    giveUp() {
      before = null;
      draw();
    },
  };
}
