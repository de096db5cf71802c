/** Tells which word of HLO the pointer rests on where it stands in no editor: in a difference, or in a table. */
import { hlo } from "../lang/hlo.js";
import { tokenAt } from "./glossary-at.js";

/**
 * Elements with data-hlo="line" hold a line of HLO, those with data-hlo="opcode" one opcode.
 * @param {HTMLElement} element what they are in
 */
export function tellWords(element) {
  let last = "";

  /** @param {import("./glossary-at.js").Asked["how"]} how @param {Element | null} within @param {number} position */
  function tell(how, within, position) {
    const found = within && wordAt(within, position);
    const id = found ? `${found.token.text},${found.from},${within.textContent}` : "";
    if (id === last && how !== "ask") return;
    last = id;
    const range = found && rangeOf(within, found.from, found.to);
    const rect = () => (range && within.isConnected ? range.getBoundingClientRect() : null);
    element.dispatchEvent(new CustomEvent("jx-word", { bubbles: true, detail: { how, token: found && found.token, rect, back: () => element.focus() } }));
  }

  element.addEventListener("pointermove", (event) => {
    if (event.buttons) return;
    const within = event.target instanceof Element ? event.target.closest("[data-hlo]") : null;
    tell(event.pointerType === "mouse" ? "point" : "ask", within, within ? positionAt(within, event) : 0);
  });
  element.addEventListener("pointerleave", () => tell("point", null, 0));

  return {
    /** What the operation of a line, or of a row of a table, means. @param {Element | null} row */
    ask(row) {
      const within = row?.matches("[data-hlo]") ? row : row?.querySelector("[data-hlo]");
      if (within) tell("ask", within, within.textContent.search(/(?<= )[a-z][\w-]*\(/));
    },
  };
}

/** @param {Element} within @param {number} position */
function wordAt(within, position) {
  const text = within.textContent ?? "";
  if (within.getAttribute("data-hlo") === "opcode") return { from: 0, to: text.length, token: { language: "hlo", token: "keyword", text, inner: text } };
  return position < 0 ? null : tokenAt(hlo.parser.parse(text), (from, to) => text.slice(from, to), position, "hlo");
}

/** The character of the text that is under the pointer, -1 for none. @param {Element} within @param {PointerEvent} event */
function positionAt(within, { clientX, clientY }) {
  const root = within.getRootNode();
  const caret = "caretPositionFromPoint" in document
    ? document.caretPositionFromPoint(clientX, clientY, root instanceof ShadowRoot ? { shadowRoots: [root] } : undefined)
    : null;
  const range = caret ? null : document.caretRangeFromPoint?.(clientX, clientY);
  const [node, offset] = caret ? [caret.offsetNode, caret.offset] : [range?.startContainer, range?.startOffset ?? 0];
  let position = 0;
  for (const text of textsOf(within)) {
    if (text === node) return position + offset;
    position += text.data.length;
  }
  return -1;
}

/** @param {Element} within @param {number} from @param {number} to */
function rangeOf(within, from, to) {
  const range = document.createRange();
  let position = 0;
  for (const text of textsOf(within)) {
    const end = position + text.data.length;
    if (from >= position && from <= end) range.setStart(text, from - position);
    if (to >= position && to <= end) {
      range.setEnd(text, to - position);
      break;
    }
    position = end;
  }
  return range;
}

/** @param {Element} within @returns {Generator<Text>} */
function* textsOf(within) {
  const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) yield /** @type {Text} */ (walker.currentNode);
}
