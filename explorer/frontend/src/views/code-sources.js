/** The line under the code that says which line of the person's program made the line they point at. */
import { fill, h } from "../dom.js";
import { integer } from "../format.js";
import { excerpt, place, spansByLine } from "./code-spans.js";

/** @returns {{element: HTMLElement, of: (stage: any) => void, show: (line: number, pinned: boolean) => void}} */
export function sourceFooter() {
  const element = h("div.jx-sources", { role: "region", "aria-label": "Your line" });
  let spans = spansByLine(undefined);
  let sources = [];
  let missing = null; // why no line can be traced back

  function idle() {
    fill(element, h("p.jx-quiet", {}, missing ?? "Point at a line to see which line of your program made it. Click keeps it, Esc lets go."));
  }

  return {
    element,
    /** Take the spans of another stage record. */
    of(stage) {
      spans = spansByLine(stage?.buffers.spans);
      sources = stage?.header.sources ?? [];
      const any = stage?.buffers.spans?.length >= 6;
      missing = any ? null : (stage?.header.reason ?? "This text holds no source positions, so its lines cannot be traced back to your program.");
      idle();
    },
    /** Show where a line came from. @param {number} line from 1; 0 for none */
    show(line, pinned) {
      if (!line || missing) return idle();
      const found = spans(line - 1).filter((span) => sources[span.source]);
      const head = h("span.jx-sources-line", {}, `Line ${integer(line)}`, pinned ? h("span.jx-badge", {}, "kept") : null);
      fill(element, head, found.length
        ? h("ul.jx-sources-list", {}, ...found.map((span) => entry(sources[span.source], span)))
        : h("p.jx-quiet", {}, "comes from no line of your program: JAX or XLA added it."));
    },
  };
}

function entry(source, span) {
  const cut = excerpt(source.text, span);
  return h("li", {},
    h("span.jx-sources-place", { title: source.file }, place(source, span)),
    cut ? h("code.jx-sources-code", {}, cut[0], cut[1] ? h("mark.jx-sources-mark", {}, cut[1]) : null, cut[2]) : null,
  );
}
