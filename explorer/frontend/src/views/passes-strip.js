/** How the program grew and shrank: a bar for each pass, as tall as the program has instructions, fusions darker. */
import { fill, svg } from "../dom.js";
import { integer } from "../format.js";

const HEIGHT = 44;

/** @param {(place: number) => void} onpick */
export function passStrip(onpick) {
  const element = svg("svg.jx-passes-strip", { preserveAspectRatio: "none", height: HEIGHT, "aria-hidden": "true" });
  element.addEventListener("click", (event) => {
    const { left, width } = element.getBoundingClientRect();
    onpick(Math.floor(((event.clientX - left) / width) * count));
  });
  let count = 0;

  return {
    element,
    /** @param {any[]} passes those that can be reached @param {number} chosen the place of the one on screen */
    draw(passes, chosen) {
      count = passes.length;
      const most = Math.max(1, ...passes.map(({ instructions }) => instructions));
      element.setAttribute("viewBox", `0 0 ${Math.max(1, count)} ${HEIGHT}`);
      fill(element, passes.map(({ name, instructions, fusions }, i) => {
        const tall = Math.max(1, (instructions / most) * HEIGHT);
        const dark = (fusions / most) * HEIGHT;
        return svg("g", { "data-on": String(i === chosen) },
          svg("title", {}, `${name}: ${integer(instructions)} instructions, ${integer(fusions)} fusions`),
          svg("rect.jx-strip-back", { x: i, y: 0, width: 1, height: HEIGHT }),
          svg("rect.jx-strip-all", { x: i + 0.1, y: HEIGHT - tall, width: 0.8, height: tall }),
          dark ? svg("rect.jx-strip-fused", { x: i + 0.1, y: HEIGHT - dark, width: 0.8, height: dark }) : null);
      }));
    },
  };
}
