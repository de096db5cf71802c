/** Lays the views out: header, controls left or folded on top, transport, tabs. */
import { fill, h } from "./dom.js";
import { listenToKeys } from "./keys.js";
import base from "./style/base.css";
import panelCss from "./style/panel.css";
import { tabs } from "./tabs.js";
import { followTheme } from "./theme.js";
import * as about from "./views/about.js";
import * as code from "./views/code.js";
import * as explain from "./views/explain.js";
import * as form from "./views/form.js";
import * as gradients from "./views/gradients.js";
import * as learn from "./views/learn.js";
import * as nan from "./views/nan.js";
import * as notices from "./views/notices.js";
import * as race from "./views/race.js";
import * as rangeTest from "./views/range-test.js";
import * as retraces from "./views/retraces.js";
import * as transport from "./views/transport.js";

const TABS = [
  { name: "learn", title: "Learn", view: learn },
  { name: "gradients", title: "Gradients", view: gradients },
  { name: "compile", title: "Compile", view: code, keep: true },
];

/** What each arrangement holds. */
const ARRANGEMENTS = {
  explorer: { controls: true, transport: true, tabs: TABS },
  run: { controls: false, transport: true, tabs: TABS.slice(0, 2) },
  watch: { controls: false, transport: false, tabs: [{ name: "retraces", title: "Retraces", view: retraces }] },
  explain: { controls: false, transport: false, tabs: [{ name: "explain", title: "Explain", view: explain }] },
  race: { controls: false, transport: true, tabs: [{ name: "race", title: "Race", view: race }] },
  range_test: { controls: false, transport: false, tabs: [{ name: "range", title: "Learning rate", view: rangeTest }] },
  nan: { controls: false, transport: false, tabs: [{ name: "nan", title: "NaN", view: nan }] },
  inspection: { controls: false, transport: false, tabs: TABS.slice(2) },
};

/**
 * @param {HTMLElement} el
 * @param {any} host get, on, pick and, where there is a kernel, command
 * @param {{kind?: string}} arrangement
 * @returns {() => void} cleanup
 */
export function openPanel(el, host, arrangement) {
  const over = new AbortController();
  const wanted = ARRANGEMENTS[arrangement.kind] ?? ARRANGEMENTS.explorer;
  const cleanups = [];
  const place = (view, spec, attributes = {}) => {
    const slot = h(spec, attributes);
    cleanups.push(view.mount(host, slot));
    return slot;
  };

  const pages = tabs(host, wanted.tabs);
  cleanups.push(pages.cleanup);
  const root = h("section.jx", { "aria-label": "JAX Explorer", tabindex: "-1" },
    h("style", {}, base, panelCss),
    place(about, "header.jx-head"),
    place(notices, "div.jx-notices"),
    h(`div.jx-body${wanted.controls ? ".jx-beside" : ""}`, {},
      wanted.controls && controls(host, (spec) => place(form, spec), over.signal),
      h("div.jx-main", {}, wanted.transport && place(transport, "div.jx-transport"), pages.list, pages.element),
    ),
  );
  root.dataset.kind = arrangement.kind ?? "explorer";
  followTheme(root, over.signal);
  listenToKeys(root, host, over.signal);
  const connected = () => (root.dataset.connection = host.get("connection")?.state ?? "page");
  cleanups.push(host.on("connection", connected));
  connected();
  fill(el, root);

  return () => {
    over.abort();
    for (const cleanup of cleanups) cleanup();
    el.replaceChildren();
  };
}

/** The form, which a narrow panel folds under one line that says what is chosen. */
function controls(host, placeForm, signal) {
  const chosen = h("span.jx-fold-chosen");
  const fold = h("button.jx-fold-button", { type: "button", "aria-expanded": "false" }, h("span.jx-fold-title", {}, host.command ? "Choices" : "Chosen"), chosen);
  const element = h("aside.jx-controls", { "aria-label": "Choices" }, fold, placeForm("div.jx-form-slot"));
  fold.addEventListener("click", () => {
    const open = element.toggleAttribute("data-open");
    fold.setAttribute("aria-expanded", String(open));
  }, { signal });
  const off = host.on("form", () => {
    const picked = host.get("form")?.header.fields.filter((field) => ["model", "dataset", "optimizer"].includes(field.name)) ?? [];
    chosen.textContent = picked.map(({ value, options = [] }) => options.find((option) => option.value === value)?.label ?? value).join(" · ");
  });
  signal.addEventListener("abort", off);
  return element;
}
