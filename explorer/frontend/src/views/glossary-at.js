/** Tells which token of a text the pointer or the cursor rests on, as an event that bubbles up to the card. */
import { syntaxTree } from "@codemirror/language";
import { EditorView, keymap } from "@codemirror/view";

const MARK = ["punctuation", "operator"];
const INNER = /[\w.-]+/g;

/**
 * @typedef {{how: "point" | "caret" | "ask", token: import("./glossary-words.js").Token | null, rect: () => {left: number, top: number, bottom: number} | null, back: () => void}} Asked
 *   ask: the person wants to know now; rect: where the token is by now; back: gives the focus back to the text
 */

/** @param {string} language the grammar of the text */
export function tellTokens(language) {
  let last = "";

  /** @param {EditorView} view @param {number | null} position @param {Asked["how"]} how */
  function tell(view, position, how) {
    const found = position === null ? null : tokenAt(syntaxTree(view.state), (from, to) => view.state.doc.sliceString(from, to), position, language);
    const id = found ? `${found.from},${found.token.inner}` : "";
    if (id === last && how !== "ask") return;
    last = id;
    /** @type {Asked} */
    const detail = { how, token: found && found.token, rect: () => found && view.coordsAtPos(found.from, 1), back: () => view.focus() };
    view.dom.dispatchEvent(new CustomEvent("jx-word", { bubbles: true, detail }));
  }

  return [
    EditorView.domEventHandlers({
      pointermove: (event, view) => event.pointerType === "mouse" && !event.buttons && tell(view, view.posAtCoords({ x: event.clientX, y: event.clientY }), "point"),
      pointerleave: (_, view) => tell(view, null, "point"),
      pointerup: (event, view) => event.pointerType !== "mouse" && tell(view, view.posAtCoords({ x: event.clientX, y: event.clientY }), "ask"),
      blur: () => void (last = ""),
    }),
    // The mouse puts the cursor somewhere too, but it points already.
    EditorView.updateListener.of(({ view, transactions }) => {
      const moved = transactions.some((each) => each.isUserEvent("select") && !each.isUserEvent("select.pointer"));
      if (moved) requestAnimationFrame(() => tell(view, view.state.selection.main.head, "caret"));
    }),
    keymap.of([{ key: "i", run: (view) => (tell(view, view.state.selection.main.head, "ask"), true) }]),
  ];
}

/**
 * @param {import("@lezer/common").Tree} tree of the text
 * @param {(from: number, to: number) => string} slice of the text
 * @param {number} position
 * @param {string} language
 * @returns {{from: number, to: number, token: import("./glossary-words.js").Token} | null}
 */
export function tokenAt(tree, slice, position, language) {
  let node = tree.resolveInner(position, 1);
  if (!node.parent || MARK.includes(node.name)) node = tree.resolveInner(position, -1); // the end of a word, where a cursor stops
  if (!node.parent) return null;
  const text = slice(node.from, node.to);
  const inner = [...text.matchAll(INNER)].find(({ index, 0: word }) => index <= position - node.from && position - node.from <= index + word.length);
  return { from: node.from, to: node.to, token: { language, token: node.name, text, inner: inner?.[0] ?? "" } };
}
