/** The pane that shows a text: CodeMirror 6, read only, with folds, line numbers and marks. Lines count from 0. */
import { standardKeymap } from "@codemirror/commands";
import { toggleFold, unfoldEffect, foldedRanges } from "@codemirror/language";
import { Compartment, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { highlight } from "../lang/highlight.js";
import { asm } from "../lang/asm.js";
import { hlo } from "../lang/hlo.js";
import { jaxpr } from "../lang/jaxpr.js";
import { llvm } from "../lang/llvm.js";
import { mlir } from "../lang/mlir.js";
import { ptx } from "../lang/ptx.js";
import { python } from "../lang/python.js";
import { findFolds, folding } from "./code-folding.js";
import { heatGutter } from "./code-heat.js";
import { lines, lit, setLit } from "./code-lines.js";
import { matches, setMatches } from "./code-matches.js";
import { tellTokens } from "./glossary-at.js";

const LANGUAGES = { asm, jaxpr, llvm, mlir, hlo, ptx, python };
const LONG = 1_000_000; // characters; of a longer text the first lines come first, and the rest after they are painted
const FIRST = 12_000;

/**
 * Make the pane.
 * @param {HTMLElement} parent must be in the page already: CodeMirror puts its styles into the root it finds there
 * @param {string} label for screen readers
 * @param {{hover: (line: number, column: number | null) => void, pin: (line: number, column: number | null) => void, search: () => void, drawn: () => void}} on
 *   hover and pin: -1 is no line; column: in code points where a pointer says it; drawn: after scrolling or folding
 */
export function editor(parent, label, on) {
  const wrapping = new Compartment();
  const heating = new Compartment();
  let wrapped = false;
  /** @type {import("@codemirror/state").Extension} */
  let heat = [];
  let over = new AbortController(); // ends the work on one text
  let last = ""; // what the pointer was on
  /** @type {EditorView} made with its first text */
  let view;

  /** @param {string} language @param {Partial<import("./code-lines.js").Lit>} lights */
  function extensions(language, lights) {
    return [
      EditorState.readOnly.of(true),
      EditorView.editable.of(false), // no keyboard pops up on a phone; tabindex keeps it reachable
      EditorView.contentAttributes.of({ tabindex: "0", "aria-label": `${label}, read only`, "aria-readonly": "true" }),
      EditorState.lineSeparator.of("\n"), // a carriage return inside a text stays where it is
      heating.of(heat),
      lineNumbers(),
      language === "python" ? [] : folding,
      drawSelection(),
      highlight,
      LANGUAGES[language] ?? [],
      tellTokens(language),
      lines(lights),
      matches,
      wrapping.of(wrapped ? EditorView.lineWrapping : []),
      keymap.of([
        { key: "f", run: toggleFold },
        { key: "/", run: () => (on.search(), true) },
        { key: "Mod-f", run: () => (on.search(), true) },
        { key: "Enter", run: ({ state }) => (toggle(...lineOf(state.selection.main.head)), true) },
        ...standardKeymap,
      ]),
      EditorView.domEventHandlers({
        mousemove: (event) => point(positionOf(event)),
        mouseleave: () => point(null),
        click: (event) => {
          const folded = event.target instanceof Element && event.target.closest(".jx-fold");
          const at = folded || !view.state.selection.main.empty ? null : positionOf(event);
          if (at !== null) toggle(...lineOf(at));
        },
      }),
      EditorView.updateListener.of(({ transactions, state, geometryChanged, viewportChanged }) => {
        if (transactions.some((each) => each.isUserEvent("select") && !each.isUserEvent("select.pointer"))) {
          point(state.selection.main.head);
        }
        if (geometryChanged || viewportChanged) on.drawn();
      }),
    ];
  }

  /** @param {MouseEvent} event */
  const positionOf = (event) => view.posAtCoords({ x: event.clientX, y: event.clientY });

  /** @returns {[number, number]} line, and column in code points */
  function lineOf(position) {
    const { number, from, text } = view.state.doc.lineAt(position);
    return [number - 1, [...text.slice(0, position - from)].length];
  }

  function point(position) {
    const [line, column] = position === null ? [-1, null] : lineOf(position);
    if (`${line},${column}` === last) return;
    last = `${line},${column}`;
    queueMicrotask(() => on.hover(line, column)); // not inside an update
  }

  function toggle(line, column) {
    on.pin(line === view.state.field(lit).pin.origin ? -1 : line, column);
  }

  /** Opens the folds that hide a place. */
  function uncover(position) {
    const effects = [];
    foldedRanges(view.state).between(position, position, (from, to) => void effects.push(unfoldEffect.of({ from, to })));
    if (effects.length) view.dispatch({ effects });
  }

  return {
    get view() {
      return view;
    },
    /**
     * Show a text from its top.
     * @param {string} text
     * @param {string} language one of "jaxpr", "mlir", "hlo", "python"; another is shown without colours
     * @param {() => Partial<import("./code-lines.js").Lit>} lights what to light up
     * @returns {Promise<void>} when all of it is there
     */
    async show(text, language, lights) {
      over.abort();
      const { signal } = (over = new AbortController());
      const put = (doc) => {
        const state = EditorState.create({ doc, extensions: extensions(language, lights()) });
        if (!view) return void (view = new EditorView({ parent, state }));
        view.setState(state);
        view.scrollDOM.scrollTo(0, 0);
      };
      if (text.length > LONG) {
        put(text.slice(0, text.lastIndexOf("\n", FIRST)));
        await painted();
        if (signal.aborted) return;
      }
      put(text);
      if (language !== "python") findFolds(view, text, signal);
    },
    /** Light lines up. @param {Partial<import("./code-lines.js").Lit>} change */
    light: (change) => view.dispatch({ effects: setLit.of(change) }),
    /** Colours beside the lines. @param {import("./code-heat.js").Heat | null} values */
    heat(values) {
      heat = values ? heatGutter(values) : [];
      view?.dispatch({ effects: heating.reconfigure(heat) });
    },
    /** The first and the last line on screen. */
    visible() {
      const { scrollTop, clientHeight } = view.scrollDOM;
      const lineAt = (height) => view.state.doc.lineAt(view.lineBlockAtHeight(height).from).number - 1;
      return [lineAt(scrollTop), lineAt(scrollTop + clientHeight)];
    },
    /** Bring a line into sight, opening what hides it. @param {number} line @param {"center" | "start"} [where] */
    reveal(line, where = "center") {
      if (line < 0 || line >= view.state.doc.lines) return;
      const { from } = view.state.doc.line(line + 1);
      uncover(from);
      view.dispatch({ effects: EditorView.scrollIntoView(from, { y: where, xMargin: 40 }) });
    },
    /** Let long lines wrap, or scroll. @param {boolean} yes */
    wrap(yes) {
      wrapped = yes;
      view?.dispatch({ effects: wrapping.reconfigure(yes ? EditorView.lineWrapping : []) });
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
      over.abort();
      view?.destroy();
    },
  };
}

/** After the browser has painted what is there. */
const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
