/** Tabs over views: a view is mounted when it is shown; one that keeps its place stays mounted after. */
import { h } from "./dom.js";

/**
 * @param {any} host the tab on show is `ui.tab`
 * @param {Array<{name: string, title: string, view: {mount: Function}, keep?: boolean}>} entries
 */
export function tabs(host, entries) {
  const mounted = new Map();
  const id = Math.random().toString(36).slice(2);
  const parts = entries.map((entry) => {
    const button = h("button.jx-tab", { type: "button", role: "tab", id: `${id}-${entry.name}`, "aria-controls": `${id}-${entry.name}-panel`, onclick: () => host.pick({ tab: entry.name }) }, entry.title);
    const panel = h("div.jx-tab-panel", { role: "tabpanel", id: `${id}-${entry.name}-panel`, "aria-labelledby": `${id}-${entry.name}` });
    panel.dataset.tab = entry.name;
    return { entry, button, panel };
  });
  const list = h("div.jx-tabs", { role: "tablist", "aria-label": "What to look at" }, parts.map(({ button }) => button));
  const element = h("div.jx-tab-panels", {}, parts.map(({ panel }) => panel));
  list.hidden = entries.length < 2;

  function show() {
    const wanted = host.get("ui")?.tab;
    const name = entries.some((entry) => entry.name === wanted) ? wanted : entries[0].name;
    for (const { entry, button, panel } of parts) {
      const on = entry.name === name;
      button.setAttribute("aria-selected", String(on));
      button.tabIndex = on ? 0 : -1;
      panel.hidden = !on;
      if (on && !mounted.has(entry.name)) mounted.set(entry.name, entry.view.mount(host, panel));
      else if (!on && !entry.keep && mounted.has(entry.name)) {
        mounted.get(entry.name)();
        mounted.delete(entry.name);
      }
    }
  }

  list.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    const at = parts.findIndex(({ button }) => button.tabIndex === 0);
    const next = parts[(at + move + parts.length) % parts.length];
    host.pick({ tab: next.entry.name });
    next.button.focus();
  });
  const off = host.on("ui", show);
  show();
  return {
    list,
    element,
    cleanup() {
      off();
      for (const cleanup of mounted.values()) cleanup();
    },
  };
}
