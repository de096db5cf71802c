/** A strip along a text that shows where in it the lit lines lie, however long it is; a click goes there. */
import { h } from "../dom.js";
import { lowerBound } from "./code-matches.js";

const WIDTH = 9;
const TICK = 3;

/**
 * @param {(line: number) => void} go
 * @param {() => import("@codemirror/view").EditorView | undefined} viewOf
 */
export function overview(go, viewOf) {
  const element = h("canvas.jx-overview", { "aria-hidden": "true", title: "Where the relatives are; click to go there" });
  let lights = null;
  let lines = 0;
  let frame = 0;

  element.addEventListener("click", (event) => {
    const all = [...(lights?.pin.lines ?? []), ...(lights?.hover.lines ?? [])].sort((a, b) => a - b);
    const wanted = lineAt(event.offsetY / element.clientHeight);
    const at = lowerBound(all, wanted);
    const near = [all[at - 1], all[at]].filter((line) => line !== undefined).sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted));
    go(near[0] ?? wanted);
  });

  /** Folds make lines lie elsewhere than their number says. */
  function heightOf(line) {
    const view = viewOf();
    if (!view || line >= view.state.doc.lines) return line / lines;
    return view.lineBlockAt(view.state.doc.line(line + 1).from).top / Math.max(1, view.contentHeight);
  }

  function lineAt(share) {
    const view = viewOf();
    return view ? view.state.doc.lineAt(view.lineBlockAtHeight(share * view.contentHeight).from).number - 1 : 0;
  }

  function draw() {
    frame = 0;
    const { clientHeight: height } = element;
    const ratio = devicePixelRatio || 1;
    element.width = WIDTH * ratio;
    element.height = height * ratio;
    if (!height || !lights || !lines) return;
    const context = element.getContext("2d");
    context.scale(ratio, ratio);
    const style = getComputedStyle(element);
    for (const { light, colour, inset } of [
      { light: lights.hover, colour: style.color, inset: 3 },
      { light: lights.pin, colour: style.borderInlineStartColor, inset: 0 },
    ]) {
      context.fillStyle = colour;
      let drawn = -TICK;
      for (const line of light.lines) {
        const top = Math.min(height - TICK, heightOf(line) * height);
        if (top < drawn + 1) continue; // one tick for all that would lie under it
        context.fillRect(inset, top, WIDTH - inset, TICK);
        drawn = top;
      }
    }
  }

  return {
    element,
    draw: () => void (frame ||= requestAnimationFrame(draw)),
    /** @param {{hover: import("./code-lines.js").Light, pin: import("./code-lines.js").Light}} next @param {number} count of lines */
    show(next, count) {
      lights = next;
      lines = count;
      frame ||= requestAnimationFrame(draw);
    },
  };
}
