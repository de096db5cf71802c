/** The header: what this is, where it runs, whether it is connected; and what can be taken away (script, page). */
import { fill, h } from "../dom.js";
import { showKeys } from "../keys.js";
import { takeaways } from "./takeaways.js";

const STATES = { opening: "Connecting", live: "Connected", page: "Saved page", waiting: "Waiting", slow: "No answer yet", gone: "No longer connected" };

/** @param {any} host @param {HTMLElement} el @returns {() => void} cleanup */
export function mount(host, el) {
  const title = h("h2.jx-title");
  const subtitle = h("span.jx-subtitle");
  const facts = h("span.jx-facts");
  const state = h("span.jx-connection", { role: "status" });
  const away = takeaways(host);
  const keys = h("button.jx-quiet-button", { type: "button", "aria-label": "Keys", title: "Keys", onclick: () => showKeys(keys, host) }, "?");
  const strip = h("p.jx-strip", { role: "alert", hidden: true });
  fill(el, h("div.jx-head-row", {}, h("div.jx-head-name", {}, title, subtitle), h("div.jx-head-facts", {}, facts, state), h("div.jx-head-tools", {}, away.element, host.command && keys)), strip);

  function draw() {
    const about = host.get("about")?.header;
    title.textContent = about?.title ?? "JAX Explorer";
    subtitle.textContent = about?.subtitle ?? "";
    const { jax, jaxlib, optax, python } = about?.versions ?? {};
    fill(facts, about && h("span.jx-device", {}, about.device), jax && h("span.jx-version", {}, `jax ${jax}`));
    facts.title = Object.entries({ jaxlib, optax, Python: python }).filter(([, version]) => version).map(([name, version]) => `${name} ${version}`).join(", ");
    const { state: name = "page", text = "" } = host.get("connection") ?? {};
    state.dataset.state = name;
    state.textContent = STATES[name];
    strip.hidden = !text;
    strip.textContent = text;
  }

  const offs = ["about", "connection"].map((key) => host.on(key, draw));
  draw();
  return () => {
    for (const off of offs) off();
    away.cleanup();
    el.replaceChildren();
  };
}

