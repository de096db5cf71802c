/** One stage's text with its tools: search, folds, wrapping, copy; or words on why there is none. */
import { fill, h } from "../dom.js";
import { bytes, integer } from "../format.js";
import { icon } from "../icons.js";
import { copy } from "./code-copy.js";
import { editor } from "./code-editor.js";
import { foldAll, unfoldAll } from "./code-folding.js";
import { DARK } from "./code-lines.js";
import { overview } from "./code-overview.js";
import { searchBar } from "./code-search.js";

/** @typedef {{text: string, language: string, lines: number, tint: (line: number) => number}} Shown */

/**
 * @param {{stage: string, title: string}} which
 * @param {{hover: (line: number, column: number | null) => void, pin: (line: number, column: number | null) => void, close: () => void, active: () => void}} on
 * @param {...any} more elements under the title
 */
export function codePane({ stage, title }, on, ...more) {
  const over = new AbortController();
  const { signal } = over;
  const holder = h("div.jx-editor");
  const message = h("div.jx-pane-message");
  const size = h("span.jx-quiet.jx-code-size");
  const said = h("output.jx-quiet.jx-pane-said", { "aria-live": "polite" });
  /** @type {Shown | null} */
  let shown = null;
  let heat = null;
  let lights = { hover: DARK, pin: DARK, current: -1 };
  /** @type {ReturnType<typeof editor> | null} */
  let pane = null;
  let ready = Promise.resolve();

  const ruler = overview((line) => pane?.reveal(line), () => pane?.view);
  const search = searchBar({
    text: () => shown?.text ?? "",
    position: () => pane?.view.state.selection.main.head ?? 0,
    mark: (...found) => pane?.mark(...found),
    leave: () => pane?.view.focus(),
  });
  const tool = (name, label, hint, onclick, attributes = {}) =>
    h("button.jx-tool", { type: "button", title: hint, "aria-label": label, onclick, ...attributes }, icon(name));
  const wrap = tool("wrap", "Wrap", "Wrap wide lines, or let them scroll", () => {
    wrap.ariaPressed = String(wrap.ariaPressed !== "true");
    pane?.wrap(wrap.ariaPressed === "true");
  }, { "aria-pressed": "false" });
  const folds = stage === "source" ? [] : [
    tool("fold", "Fold all", "Fold every computation (f folds the line the cursor is on)", () => pane && foldAll(pane.view)),
    tool("unfold", "Unfold all", "Show every line", () => pane && unfoldAll(pane.view)),
  ];
  const tools = h("div.jx-tools", {}, search.element, h("div.jx-tools-group", {}, folds, wrap, tool("copy", "Copy", "Copy the whole text", copyText)), said);
  const element = h("section.jx-code-pane", { "aria-label": title, "data-stage": stage },
    h("header.jx-pane-head", {},
      h("h4.jx-pane-title", {}, title),
      size,
      h("button.jx-quiet-button.jx-pane-close", { type: "button", "aria-label": `Close ${title}`, title: "Close this pane", onclick: on.close }, icon("close")),
    ),
    ...more,
    tools,
    h("div.jx-pane-body", {}, holder, ruler.element),
    message,
  );
  element.addEventListener("pointerdown", on.active, { signal });
  element.addEventListener("focusin", on.active, { signal });

  async function copyText() {
    const done = await copy(shown.text, element);
    if (!done) {
      await ready;
      pane?.selectAll();
    }
    said.textContent = done ? "copied" : "The browser refused the clipboard. Everything is selected: press Ctrl C.";
    setTimeout(() => (said.textContent = ""), done ? 2000 : 8000);
  }

  function draw() {
    pane ??= editor(holder, title, { hover: on.hover, pin: on.pin, search: search.open, drawn: ruler.draw });
    pane.heat(heat);
    ready = pane.show(shown.text, shown.language, () => ({ ...lights, tint: shown.tint })).then(() => search.again());
    ruler.show(lights, shown.lines);
  }

  function light(change) {
    if (Object.keys(change).every((key) => change[key] === lights[key])) return;
    lights = { ...lights, ...change };
    if (pane?.view) pane.light(lights);
    ruler.show(lights, shown?.lines ?? 0);
  }

  // CodeMirror puts its styles where it is made, so it is made once the holder is in the page and has a size.
  const seen = new ResizeObserver(() => {
    if (shown && !pane && holder.isConnected) draw();
    ruler.draw();
  });
  seen.observe(holder);

  return {
    element,
    search,
    /** When all of the text is there. */
    get ready() {
      return ready;
    },
    /** Show a text; the same text again changes nothing. @param {Shown} next */
    show(next) {
      message.hidden = true;
      tools.hidden = holder.parentElement.hidden = false;
      if (shown?.text === next.text && shown.language === next.language) {
        if (shown.tint !== next.tint) pane?.light({ tint: next.tint });
        shown = next; // the person stays where they are
        return;
      }
      shown = next;
      lights = { hover: DARK, pin: DARK, current: -1 };
      size.textContent = `${integer(next.lines)} ${next.lines === 1 ? "line" : "lines"}`;
      size.title = `${integer(next.text.length)} characters, ${bytes(next.text.length)}`;
      if (holder.isConnected) draw();
    },
    /** Show words in place of a text. */
    say(...what) {
      fill(message, ...what);
      message.hidden = false;
      tools.hidden = holder.parentElement.hidden = true;
      size.textContent = "";
      shown = null;
    },
    /** @param {{hover?: import("./code-lines.js").Light, pin?: import("./code-lines.js").Light, current?: number}} change */
    light,
    /** Colours beside the lines. @param {import("./code-heat.js").Heat | null} values */
    heat(values) {
      if (heat === values) return;
      heat = values;
      pane?.heat(heat);
    },
    /** The position of a column in code points, in UTF-16 units of the whole text. @param {number} line from 0 */
    position(line, column) {
      if (!pane || line < 0 || line >= pane.view.state.doc.lines) return -1;
      const { from, text } = pane.view.state.doc.line(line + 1);
      return from + [...text].slice(0, column).join("").length;
    },
    get shown() {
      return shown;
    },
    /** The first and the last line on screen. */
    visible: () => pane?.visible() ?? [0, -1],
    /** Scroll a line to the top. */
    top: (line) => pane?.reveal(line, "start"),
    reveal: (line) => ready.then(() => pane?.reveal(line)),
    focus: () => pane?.view.focus(),
    destroy() {
      over.abort();
      seen.disconnect();
      search.destroy();
      pane?.destroy();
      element.remove();
    },
  };
}
