/** The pane that shows a text: CodeMirror 6, read only, with folds, line numbers and marks. */
import { standardKeymap } from "@codemirror/commands";
import { toggleFold } from "@codemirror/language";
import { Compartment, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { highlight } from "../lang/highlight.js";
import { hlo } from "../lang/hlo.js";
import { jaxpr } from "../lang/jaxpr.js";
import { mlir } from "../lang/mlir.js";
import { findFolds, folding } from "./code-folding.js";
import { lines, setLines } from "./code-lines.js";
import { matches, setMatches } from "./code-matches.js";

const LANGUAGES = { jaxpr, mlir, hlo };
const LONG = 1_000_000; // the folds of a longer text are found after it has been painted

/**
 * Make the pane.
 * @param {HTMLElement} parent must be in the page already: CodeMirror puts its styles into the root it finds there
 * @param {{hover: (line: number) => void, pin: (line: number) => void, search: () => void}} on lines from 1, 0 is none
 */
export function editor(parent, on) {
  const wrapping = new Compartment();
  let wrapped = false;
  let text = "";
  let timer = 0;
  const view = new EditorView({ parent, state: EditorState.create({ extensions: extensions("") }) });

  function extensions(language) {
    return [
      EditorState.readOnly.of(true),
      EditorView.editable.of(false), // no keyboard pops up on a phone; tabindex keeps it reachable
      EditorView.contentAttributes.of({ tabindex: "0", "aria-label": "Code, read only", "aria-readonly": "true" }),
      EditorState.lineSeparator.of("\n"), // a carriage return inside a text stays where it is
      lineNumbers(),
      folding,
      drawSelection(),
      highlight,
      LANGUAGES[language] ?? [],
      lines,
      matches,
      wrapping.of(wrapped ? EditorView.lineWrapping : []),
      keymap.of([
        { key: "f", run: toggleFold },
        { key: "/", run: () => (on.search(), true) },
        { key: "Mod-f", run: () => (on.search(), true) },
        { key: "Enter", run: ({ state }) => (pin(state.doc.lineAt(state.selection.main.head).number), true) },
        { key: "Escape", run: ({ state }) => state.field(lines).pin > 0 && (pin(0), true) },
        ...standardKeymap,
      ]),
      EditorView.domEventHandlers({
        mousemove: (event) => hover(lineAt(event)),
        mouseleave: () => hover(0),
        click: (event) => {
          const folded = event.target instanceof Element && event.target.closest(".jx-fold");
          const line = folded || !view.state.selection.main.empty ? 0 : lineAt(event);
          if (line) pin(line === view.state.field(lines).pin ? 0 : line);
        },
      }),
      EditorView.updateListener.of(({ transactions, state }) => {
        if (transactions.some((each) => each.isUserEvent("select") && !each.isUserEvent("select.pointer"))) {
          hover(state.doc.lineAt(state.selection.main.head).number);
        }
      }),
    ];
  }

  /** @param {MouseEvent} event */
  function lineAt(event) {
    const at = view.posAtCoords({ x: event.clientX, y: event.clientY });
    return at === null ? 0 : view.state.doc.lineAt(at).number;
  }

  function hover(line) {
    if (view.state.field(lines).hover === line) return;
    queueMicrotask(() => view.dispatch({ effects: setLines.of({ hover: line }) })); // not inside an update
    on.hover(line);
  }

  function pin(line) {
    view.dispatch({ effects: setLines.of({ pin: line }) });
    on.pin(line);
  }

  return {
    view,
    /**
     * Show a text from its top.
     * @param {string} next
     * @param {string} language one of "jaxpr", "mlir", "hlo"; another is shown without colours
     */
    show(next, language) {
      clearTimeout(timer);
      text = next;
      view.setState(EditorState.create({ doc: text, extensions: extensions(language) }));
      view.scrollDOM.scrollTo(0, 0);
      if (text.length < LONG) findFolds(view, text);
      else timer = window.setTimeout(() => findFolds(view, text), 50);
    },
    /** Let long lines wrap, or scroll. @param {boolean} yes */
    wrap(yes) {
      wrapped = yes;
      view.dispatch({ effects: wrapping.reconfigure(yes ? EditorView.lineWrapping : []) });
    },
    /** Paint what a search found, and bring the current match into sight. */
    mark(starts, length, current) {
      const at = starts[current];
      view.dispatch({
        effects: [
          setMatches.of({ starts, length, current }),
          ...(at === undefined ? [] : [EditorView.scrollIntoView(at, { y: "center" })]),
        ],
        // the selection opens a fold that hides the match
        selection: at === undefined ? undefined : { anchor: at },
      });
    },
    /** Select everything, for a copy by hand. */
    selectAll() {
      view.dispatch({ selection: { anchor: 0, head: view.state.doc.length } });
      view.focus();
    },
    destroy() {
      clearTimeout(timer);
      view.destroy();
    },
  };
}
