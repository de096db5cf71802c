/** Shapes to try: a slider and a number for each axis; axes that must stay equal share one. */
import { fill, h } from "../dom.js";
import { integer, shape as shapeOf } from "../format.js";

const TICKS = 240;
const FEW = 6; // arrays listed without being asked

/** @param {(args: {argument: string, axis: number, size: number}) => void} send */
export function sizes(send) {
  const element = h("div.jx-sizes");
  /** @type {Map<string, ReturnType<typeof axisControl>>} */
  const controls = new Map();

  return {
    element,
    /** @param {{name: string, shape: number[], dtype: string, axes: {axis: number, size: number, low: number, high: number, shared: string | null}[]}[]} args */
    draw(args) {
      const wanted = new Map();
      for (const { name, axes } of args) {
        for (const axis of axes) {
          const id = axis.shared ?? `${name}/${axis.axis}`;
          if (!wanted.has(id)) wanted.set(id, { argument: name, ...axis, places: [] });
          wanted.get(id).places.push(`${name} axis ${axis.axis}`);
        }
      }
      for (const id of controls.keys()) if (!wanted.has(id)) controls.delete(id);
      for (const [id, axis] of wanted) {
        if (!controls.has(id)) controls.set(id, axisControl(send));
        controls.get(id).draw(axis);
      }
      const words = args.length > FEW ? h("details", {}, h("summary", {}, `${integer(args.length)} arrays`), args.map(inWords)) : args.map(inWords);
      const now = [...controls.values()].map((each) => each.element);
      const list = element.querySelector(".jx-size-list");
      const same = list && now.length === list.children.length && now.every((one, i) => list.children[i] === one);
      if (same) fill(element.querySelector(".jx-size-shapes"), words); // what is being dragged stays in the page
      else fill(element, h("div.jx-size-list", {}, now), h("div.jx-size-shapes", {}, words));
    },
  };
}

const inWords = ({ name, shape, dtype }) => h("span.jx-size-shape", {}, h("code", {}, name), ` ${dtype} ${shapeOf(shape)}`);

function axisControl(send) {
  let axis = null;
  const label = h("span.jx-size-name");
  const slider = h("input.jx-slider", { type: "range", min: "0", max: String(TICKS), step: "1" });
  const number = h("input.jx-input.jx-size-number", { type: "number", step: "1" });
  const element = h("div.jx-size", {}, label, slider, number);
  let dragging = false;

  // sizes are tried by doubling
  const ratio = () => Math.log(axis.high / Math.max(1, axis.low));
  const sizeAt = (tick) => Math.round(Math.max(1, axis.low) * Math.exp((ratio() * tick) / TICKS));
  const commit = (size) => {
    dragging = false;
    if (size !== axis.size) send({ argument: axis.argument, axis: axis.axis, size });
  };

  slider.addEventListener("input", () => {
    dragging = true;
    number.value = String(sizeAt(Number(slider.value)));
    slider.setAttribute("aria-valuetext", number.value);
  });
  slider.addEventListener("change", () => commit(sizeAt(Number(slider.value))));
  number.addEventListener("change", () => number.value !== "" && commit(Number(number.value)));

  return {
    element,
    draw(next) {
      axis = next;
      const name = next.places.join(", ");
      const more = next.places.length - 1;
      label.textContent = more ? `${next.places[0]} and ${integer(more)} more` : name;
      label.title = name;
      slider.setAttribute("aria-label", `Size of ${name}, slider`);
      number.setAttribute("aria-label", `Size of ${name}`);
      number.min = String(next.low);
      number.max = String(next.high);
      number.title = `${integer(next.low)} to ${integer(next.high)}`;
      if (dragging || number.matches(":focus")) return;
      number.value = String(next.size);
      slider.value = String(Math.round((TICKS * Math.log(next.size / Math.max(1, next.low))) / (ratio() || 1)));
      slider.setAttribute("aria-valuetext", number.value);
    },
  };
}
