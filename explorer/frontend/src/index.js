/** What the bundle offers: `render` to anywidget and hosts like it, `mountPage` to a page with its records inside. */
import { openLive } from "./hosts/live.js";
import { mountPage, openStatic } from "./hosts/static.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const records = Object.entries(model.get("records") ?? {});
  if (!records.length) return openLive(model, el);
  return openStatic(el, records, model.get("arrangement") ?? {}, model.get("ui") ?? {});
}

export { mountPage };
export default { render };

// In a saved page the bundle is an inline module, which nothing can import from: it starts by itself.
for (const root of document.querySelectorAll("[data-jax-explorer]:not([data-started])")) mountPage(/** @type {HTMLElement} */ (root));
