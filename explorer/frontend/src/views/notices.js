/** Notices: what happened, where, what to do; each stays until it is dismissed. */
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";

/** @param {any} host @param {HTMLElement} el @returns {() => void} cleanup */
export function mount(host, el) {
  const shown = new Map(); // key -> {record, element}
  const dismissed = new WeakSet();
  el.setAttribute("aria-live", "polite");

  function draw(key) {
    const record = host.get(key);
    if (record === shown.get(key)?.record) return;
    shown.get(key)?.element.remove();
    shown.delete(key);
    if (!record || dismissed.has(record)) return;
    const element = notice(record, () => {
      dismissed.add(record);
      element.remove();
    });
    shown.set(key, { record, element });
    el.append(element);
  }

  // `on` names one key of several that changed in a frame, so look at all there are.
  const drawAll = () => new Set([...host.keys("notice/"), ...shown.keys()]).forEach(draw);
  const off = host.on("notice/", drawAll);
  drawAll();
  return () => {
    off();
    fill(el);
  };
}

function notice({ header: { level, title, text, where, detail } }, dismiss) {
  return h("div.jx-notice", { "data-level": level, role: level === "error" ? "alert" : null },
    icon(level === "error" ? "alarm" : "info"),
    h("div.jx-notice-body", {}, h("strong", {}, title), text && h("p", {}, text), where && h("code.jx-where", {}, where), detail && h("details", {}, h("summary", {}, "Details"), h("pre.jx-detail", { tabindex: "0" }, detail))),
    h("button.jx-quiet-button", { type: "button", "aria-label": "Dismiss", onclick: dismiss }, icon("close")),
  );
}
