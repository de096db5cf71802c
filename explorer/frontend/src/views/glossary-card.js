/** The card that says what a word of a text means. It comes after a moment's rest, and never moves anything. */
import { fill, h } from "../dom.js";
import { toldOf } from "./glossary-words.js";

const REST = { point: 450, caret: 700, ask: 0 }; // ms until it comes
const GRACE = 250; // ms to move the pointer onto it

/**
 * @param {any} host the record `glossary` holds the words; a kernel sends it once it is asked
 * @param {HTMLElement} root a positioned element; the card is laid inside it and never past its edges
 * @param {AbortSignal} signal
 */
export function wordCard(host, root, signal) {
  const card = h("div.jx-word", { role: "tooltip", id: "jx-word", hidden: true });
  const said = h("div.jx-word-said", { role: "status" }); // for screen readers, which do not see it come
  root.append(card, said);
  /** @type {import("./glossary-at.js").Asked | null} what it is about, or will be */
  let about = null;
  let timer = 0;
  let asked = false;

  const words = () => host.get("glossary")?.header.words;

  function ask() {
    if (asked || words() || !host.command) return;
    asked = true;
    host.command("words");
  }

  function later(act, ms) {
    clearTimeout(timer);
    timer = window.setTimeout(act, ms);
  }

  function hide() {
    clearTimeout(timer);
    about = null;
    card.hidden = true;
    said.textContent = "";
  }

  function show() {
    const told = about?.token && words() ? toldOf(words(), about.token) : null;
    const rect = told && about?.rect();
    if (!told || !rect) return void (card.hidden = true);
    const { name, kind, says, docs } = told;
    fill(card,
      h("p.jx-word-head", {}, h("code", {}, name), h("span.jx-quiet", {}, kind)),
      says.map((sentence) => h("p", {}, sentence)),
      docs ? h("a.jx-word-docs", { href: `https://${docs}`, target: "_blank", rel: "noopener noreferrer" }, docs.replace(/_autosummary\/|\.html$/g, "")) : null);
    card.hidden = false;
    place(rect);
    if (about.how !== "point") said.textContent = [name, kind, ...says].join(". ");
    if (about.how === "ask") /** @type {HTMLElement | null} */ (card.querySelector("a"))?.focus({ preventScroll: true });
  }

  /** Under the word, or over it where there is no room below. */
  function place(rect) {
    const box = root.getBoundingClientRect();
    const scale = box.width / root.offsetWidth || 1; // slides are scaled
    const left = Math.min((rect.left - box.left) / scale, root.offsetWidth - card.offsetWidth - 4);
    const below = rect.bottom + 4 + card.offsetHeight * scale < window.innerHeight;
    const top = below ? (rect.bottom - box.top) / scale + 4 : (rect.top - box.top) / scale - card.offsetHeight - 4;
    card.style.left = `${Math.max(0, left)}px`;
    card.style.top = `${Math.max(0, top)}px`;
  }

  root.addEventListener("jx-word", (event) => {
    const { detail } = /** @type {CustomEvent<import("./glossary-at.js").Asked>} */ (event);
    ask();
    if (!detail.token) return later(hide, GRACE);
    about = detail;
    // Once it is there, the next word needs no rest; what has no entry takes it away.
    later(show, card.hidden ? REST[detail.how] : GRACE);
  }, { signal });

  card.addEventListener("pointerenter", () => clearTimeout(timer), { signal });
  card.addEventListener("pointerleave", () => later(hide, GRACE), { signal });
  // What is on its way comes where its word is by then.
  root.addEventListener("scroll", (event) => event.target instanceof Node && !card.contains(event.target) && (card.hidden = true), { capture: true, signal });
  root.addEventListener("pointerdown", (event) => event.target instanceof Node && !card.contains(event.target) && event.pointerType === "mouse" && hide(), { signal });
  root.addEventListener("focusout", (event) => about && about.how !== "point" && !card.contains(/** @type {Node | null} */ (event.relatedTarget)) && hide(), { signal });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || card.hidden) return;
    event.preventDefault();
    event.stopPropagation();
    if (card.contains(/** @type {Document | ShadowRoot} */ (root.getRootNode()).activeElement)) about?.back();
    hide();
  }, { capture: true, signal });

  const off = host.on("glossary", () => about && show());
  signal.addEventListener("abort", () => (off(), clearTimeout(timer)));
}
