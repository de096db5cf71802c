/** A gutter that says how much of the whole a line costs: its share, on a colour that goes with it. */
import { gutter, GutterMarker } from "@codemirror/view";
import { h } from "../dom.js";
import { cividis } from "./colour-scale.js";

/**
 * @typedef {{value: (line: number) => number, total: number, largest: number, say: (line: number) => string, share: boolean, show: (value: number) => string}} Heat
 *   value: of a line from 0, NaN for none; total: what all of it is; largest: of any line; say: the figure in words;
 *   share: whether a part of the total says more than the figure, which `show` writes
 */

class Marker extends GutterMarker {
  constructor(share, level, words) {
    super();
    this.share = share;
    this.level = level;
    this.words = words;
  }

  eq(other) {
    return other.words === this.words && other.level === this.level;
  }

  toDOM() {
    const [red, green, blue] = cividis(this.level);
    const ink = 0.3 * red + 0.59 * green + 0.11 * blue > 128 ? "#101418" : "#ffffff";
    return h("span.jx-heat-mark", { title: this.words, style: `background: rgb(${red} ${green} ${blue}); color: ${ink}` }, this.share);
  }
}

/** @param {Heat} heat */
export function heatGutter({ value, total, largest, say, share, show }) {
  return gutter({
    class: "jx-heat-gutter",
    lineMarker(view, block) {
      const line = view.state.doc.lineAt(block.from).number - 1;
      const cost = value(line);
      if (!(cost > 0)) return null;
      // the root makes small shares tell apart; the number says how small
      return new Marker(share ? percent(cost / total) : show(cost), Math.sqrt(cost / largest), say(line));
    },
    initialSpacer: () => new Marker("<0.1 %", 0, ""),
  });
}

function percent(share) {
  if (!Number.isFinite(share)) return "";
  if (share < 0.001) return "<0.1 %";
  return `${share < 0.0995 ? (100 * share).toFixed(1) : Math.round(100 * share)} %`;
}
