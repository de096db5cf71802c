/** Keys, only while the focus is inside: what each does, and the list behind `?`. None reaches the notebook's own. */
import { openDialog } from "./dialog.js";
import { h } from "./dom.js";

const RUN = [["Space", "Start, pause or go on"], [".", "Take one step"], ["r", "Reset to the first step"]];
const CODE = [
  ["/", "Search in the code"],
  ["n", "Go to the next relative of the line"],
  ["p", "Go to the previous relative"],
  ["[  ]", "Go to the previous or next pass of XLA's"],
  ["i", "Say what the word under the cursor means"],
  ["Enter", "Keep the line under the cursor, or let it go"],
  ["f", "Fold or unfold"],
];
const ALL = [
  ["?", "Show this list"],
  ["Esc", "Close what is open, release what is chosen"],
];

/** @param {HTMLElement} root @param {any} host @param {AbortSignal} signal */
export function listenToKeys(root, host, signal) {
  // JupyterLab listens on the document before we hear of a key; its own mark tells it to let plain keys be ours.
  addEventListener("keydown", (event) => {
    if (event.composedPath().includes(root)) root.dataset.lmSuppressShortcuts = String(!event.ctrlKey && !event.metaKey);
  }, { capture: true, signal });

  root.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
    const act = action(event);
    if (!act) return;
    event.preventDefault();
    act();
  }, { signal });

  function action(event) {
    if (event.key === "?") return () => showKeys(root, host);
    if (event.key === "/") return search;
    if (!host.command) return null;
    const can = host.get("status")?.header.can ?? [];
    // a button under the focus is pressed by the space bar, as everywhere
    const wanted = { " ": onButton(event) ? [] : ["pause", "resume", "start"], ".": ["step"], r: ["reset"] }[event.key] ?? [];
    const name = wanted.find((each) => can.includes(each));
    return name ? () => host.command(name, name === "step" ? { n: 1 } : {}) : null;
  }

  function search() {
    host.pick({ tab: "compile" });
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const input = root.querySelector(".jx-search-input");
      if (input instanceof HTMLElement) input.focus();
    }));
  }
}

/** Those that do something in what is shown. @param {HTMLElement} root @param {any} host */
export function showKeys(root, host) {
  const keys = [...(host.command && host.get("status") ? RUN : []), ...(host.get("functions") ? CODE : []), ...ALL];
  const rows = keys.map(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)]);
  openDialog(root, "Keys", h("p.jx-quiet", {}, "They work while the focus is inside the explorer."), h("dl.jx-keys", {}, rows));
}

function typing(event) {
  const target = event.composedPath()[0];
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox], [type=range]), textarea, select"));
}

function onButton(event) {
  const target = event.composedPath()[0];
  return target instanceof HTMLElement && target.closest("button, summary, a, input, [role=option], [role=combobox]") !== null;
}
