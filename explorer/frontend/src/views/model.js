/** The model as boxes: each layer with its shape, from the input to the output, and the parameters in all. */
import { fill, h } from "../dom.js";
import { integer, shape } from "../format.js";

/** @param {any} host @param {HTMLElement} el @returns {() => void} cleanup */
export function mount(host, el) {
  function draw() {
    const model = host.get("model")?.header;
    if (!model) return fill(el, h("h3", {}, "Model"), h("p.jx-quiet", {}, host.command ? "The layers of the model you choose are drawn here." : "This page was saved without its model."));
    fill(el,
      h("div.jx-card-head", {}, h("h3", {}, model.title), h("span.jx-quiet", {}, `${integer(model.count)} ${model.count === 1 ? "parameter" : "parameters"}`)),
      h("p.jx-quiet", {}, model.summary),
      h("ol.jx-layers", {}, model.layers.map((layer) => h("li.jx-layer", {}, h("span.jx-layer-name", {}, layer.name), layer.shape && h("span.jx-layer-shape", {}, shape(layer.shape)), h("span.jx-layer-text", {}, layer.text)))),
    );
  }
  const off = host.on("model", draw);
  draw();
  return () => {
    off();
    el.replaceChildren();
  };
}
