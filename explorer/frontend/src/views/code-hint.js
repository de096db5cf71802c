/** Terms that explain themselves: anything with `data-hint` shows its sentence on hover and on focus. */
import { h } from "../dom.js";

/**
 * @param {HTMLElement} root a positioned element; the sentence is laid inside it and never past its edges
 * @param {AbortSignal} signal
 */
export function hints(root, signal) {
  const bubble = h("div.jx-hint", { role: "tooltip", hidden: true });
  root.append(bubble);
  const hide = () => (bubble.hidden = true);
  const show = (event) => {
    const term = event.target instanceof Element ? event.target.closest("[data-hint]") : null;
    if (!(term instanceof HTMLElement)) return hide();
    bubble.textContent = term.dataset.hint;
    bubble.hidden = false;
    const box = root.getBoundingClientRect();
    const at = term.getBoundingClientRect();
    const scale = box.width / root.offsetWidth || 1; // slides are scaled
    const left = Math.min((at.left - box.left) / scale, root.offsetWidth - bubble.offsetWidth - 4);
    bubble.style.left = `${Math.max(0, left)}px`;
    bubble.style.top = `${(at.bottom - box.top) / scale + 4}px`;
  };
  root.addEventListener("pointerover", show, { signal });
  root.addEventListener("focusin", show, { signal });
  root.addEventListener("pointerleave", hide, { signal });
  root.addEventListener("focusout", hide, { signal });
  root.addEventListener("keydown", (event) => event.key === "Escape" && hide(), { signal });
}
