/**
 * Records without a kernel: in a page, or in an anywidget-like host that only holds them (MyST's {anywidget}).
 * There is no `command`, and what the person picks stays in this browser.
 */
import { unpack } from "../records.js";
import { openPanel } from "../panel.js";
import { Store } from "../store.js";

/**
 * @param {HTMLElement} el
 * @param {Array<[string, string]>} packed key and base64 text of each record
 * @param {{kind?: string}} arrangement
 * @param {object} ui
 * @returns {() => void} cleanup
 */
export function openStatic(el, packed, arrangement, ui) {
  const store = new Store();
  store.set("ui", ui);
  store.set("connection", { state: "page", text: "" });
  const host = {
    get: (key) => store.get(key),
    keys: (prefix) => store.keys(prefix),
    on: (key, listener) => store.on(key, listener),
    pick: (patch) => store.set("ui", { ...store.get("ui"), ...patch }),
  };
  const cleanup = openPanel(el, host, arrangement);
  // Each record comes when it is unpacked, so that a large text does not hold up the curve; frames keep their order.
  packed.reduce(async (before, [key, text]) => {
    const [record] = await Promise.allSettled([unpack(text), before]);
    if (record.status === "fulfilled") store.put(key, record.value);
    else store.put(`notice/${key}`, broken(key, record.reason));
  }, Promise.resolve());
  return () => {
    cleanup();
    store.close();
  };
}

/** A record that cannot be read is said, and the rest of the page goes on. */
function broken(key, error) {
  const header = { level: "error", title: `“${key}” in this page cannot be read`, text: error.message, where: null, detail: null };
  return { kind: "notice", header, buffers: {} };
}

/**
 * Starts the explorer in a page that holds its records as inline scripts.
 * @param {HTMLElement} root where it is drawn; `data-kind` says what to lay out, `data-ui` the state to start from
 * @returns {() => void} cleanup
 */
export function mountPage(root) {
  root.dataset.started = "";
  const scripts = document.querySelectorAll('script[type="application/x-explorer-record"]');
  const packed = [...scripts].map((script) => /** @type {[string, string]} */ ([script.getAttribute("data-key"), script.textContent]));
  return openStatic(root, packed, { kind: root.dataset.kind ?? "explorer" }, JSON.parse(root.dataset.ui ?? "{}"));
}
