/** One stage's text with its tools: search, folds, wrapping, copy, and where its lines came from. */
import { h } from "../dom.js";
import { bytes, integer } from "../format.js";
import { copy } from "./code-copy.js";
import { editor } from "./code-editor.js";
import { foldAll, unfoldAll } from "./code-folding.js";
import { searchBar } from "./code-search.js";
import { sourceFooter } from "./code-sources.js";

/** @param {AbortSignal} signal */
export function codePane(signal) {
  const holder = h("div.jx-editor");
  const footer = sourceFooter();
  const size = h("span.jx-quiet.jx-code-size");
  const said = h("output.jx-quiet", { "aria-live": "polite" });
  let record = null;
  let pinned = 0;
  /** @type {ReturnType<typeof editor> | null} */
  let pane = null;

  const search = searchBar({
    text: () => record?.buffers.text ?? "",
    position: () => pane?.view.state.selection.main.head ?? 0,
    mark: (...found) => pane?.mark(...found),
    leave: () => pane?.view.focus(),
  });
  const tool = (label, title, onclick, more = {}) => h("button.jx-tool", { type: "button", title, onclick, ...more }, label);
  const wrap = tool("Wrap", "Wrap wide lines, or let them scroll", () => {
    wrap.ariaPressed = String(wrap.ariaPressed !== "true");
    pane?.wrap(wrap.ariaPressed === "true");
  }, { "aria-pressed": "false" });
  const element = h("div.jx-code-pane", {},
    h("div.jx-tools", {},
      search.element,
      h("div.jx-tools-group", {},
        size,
        tool("Fold all", "Fold every computation (f folds the line the cursor is on)", () => pane && foldAll(pane.view)),
        tool("Unfold all", "Show every line", () => pane && unfoldAll(pane.view)),
        wrap,
        tool("Copy", "Copy the whole text", copyText),
        said,
      ),
    ),
    holder,
    footer.element,
  );
  holder.addEventListener("keydown", (event) => {
    // Plain keys and what the editor used stay here; Ctrl S still saves the notebook.
    if (event.defaultPrevented || !(event.ctrlKey || event.metaKey || event.altKey)) event.stopPropagation();
  }, { signal });

  async function copyText() {
    const done = await copy(record.buffers.text, element);
    if (!done) pane?.selectAll();
    said.textContent = done ? "copied" : "The browser refused the clipboard. Everything is selected: press Ctrl C.";
    setTimeout(() => (said.textContent = ""), done ? 2000 : 8000);
  }

  function draw() {
    pane ??= editor(holder, {
      hover: (line) => footer.show(line || pinned, !line && pinned > 0),
      pin: (line) => footer.show((pinned = line), true),
      search: search.open,
    });
    pinned = 0;
    pane.show(record.buffers.text, record.header.language);
    search.again();
  }

  // CodeMirror puts its styles where it is made, so it is made once the holder is in the page and has a size.
  const seen = new ResizeObserver(() => record && !pane && holder.isConnected && draw());
  seen.observe(holder);
  signal.addEventListener("abort", () => {
    seen.disconnect();
    search.destroy();
    pane?.destroy();
  });

  return {
    element,
    search,
    /** Show a stage record; the same record again changes nothing. */
    show(next) {
      if (next === record) return;
      record = next;
      const { lines } = record.header;
      size.textContent = `${integer(lines)} ${lines === 1 ? "line" : "lines"}`;
      size.title = `${integer(record.buffers.text.length)} characters, ${bytes(record.buffers.text.length)}`;
      footer.of(record);
      if (holder.isConnected) draw();
    },
  };
}
