/** What a person takes away: the run as a script of plain JAX, and the explorer as one page. */
import { h } from "../dom.js";
import { download, openDialog } from "../dialog.js";
import { icon } from "../icons.js";
import { copy } from "./code-copy.js";

/** @param {any} host */
export function takeaways(host) {
  const asked = new Set();
  const tool = (name, label, title, press) => h("button.jx-tool-button", { type: "button", "aria-label": label, title, onclick: press }, icon(name), h("span", {}, label));

  const script = tool("code", "Copy as plain JAX", "This choice as a short script without the explorer, with the changes made while it ran", () => ask("script", showScript));
  const page = tool("page", "Save as a page", "One HTML file that opens without a kernel and without a network", () => ask("page", savePage));
  page.hidden = !host.command;
  const element = h("span.jx-takeaways", {}, script, page);

  /** With a kernel the newest is asked for; without one, what lies in the page is shown. */
  function ask(key, show) {
    if (!host.command) return show(host.get(key));
    asked.add(key);
    host.command(key === "page" ? "save_page" : key);
  }

  function showScript({ header, buffers }) {
    const said = h("span.jx-quiet", { role: "status" });
    const press = async () => (said.textContent = (await copy(buffers.text, dialog)) ? "Copied" : "The browser refuses: select the text and copy it");
    const dialog = openDialog(script, "This run as plain JAX",
      h("p.jx-quiet", {}, "It needs jax and optax only, and reaches the same numbers."),
      h("pre.jx-script", { tabindex: "0" }, buffers.text),
      h("div.jx-dialog-foot", {}, h("button.jx-button", { type: "button", onclick: press }, "Copy"), h("button.jx-button", { type: "button", onclick: () => download(buffers.text, header.name, "text/x-python") }, "Save as a file"), said),
    );
  }

  function savePage({ header, buffers }) {
    download(buffers.html, header.name, "text/html");
  }

  /** A record that nobody asked for here (a replay, another view) must not open or save anything. */
  const arrived = (key, show) => host.on(key, () => {
    draw();
    if (host.get(key) && asked.delete(key)) show(host.get(key));
  });
  const draw = () => (script.hidden = host.command ? !host.get("status")?.header.can.includes("script") : !host.get("script"));

  const offs = [arrived("script", showScript), arrived("page", savePage), host.on("status", draw)];
  draw();
  return { element, cleanup: () => offs.forEach((off) => off()) };
}
