/** A dialog over the panel: Escape, the cross and a click beside it close it. */
import { h } from "./dom.js";
import { icon } from "./icons.js";

/**
 * @param {Element} near anything inside the panel; the dialog goes into the panel so that its styles and theme hold
 * @param {string} title
 * @param {...any} content
 * @returns {HTMLDialogElement}
 */
export function openDialog(near, title, ...content) {
  const root = near.closest(".jx");
  root.querySelector(":scope > dialog")?.remove();
  const dialog = h("dialog.jx-dialog", { "aria-label": title },
    h("div.jx-dialog-head", {}, h("h3", {}, title), h("button.jx-quiet-button", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"))),
    h("div.jx-dialog-body", {}, ...content),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  root.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Hands a text to the person as a file. @param {string} text @param {string} name @param {string} type */
export function download(text, name, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
