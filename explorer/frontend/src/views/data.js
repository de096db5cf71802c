/** The data: what an example holds, and a few real ones as pictures, points, text or rows. */
import { fill, h } from "../dom.js";
import { full, integer, number, shape } from "../format.js";
import { scatter } from "./data-points.js";

/** @param {any} host @param {HTMLElement} el @returns {() => void} cleanup */
export function mount(host, el) {
  const preview = h("div.jx-preview");
  function draw() {
    const record = host.get("data");
    if (!record) return fill(el, h("h3", {}, "Data"), h("p.jx-quiet", {}, host.command ? "A few examples of the data you choose are shown here." : "This page was saved without its data."));
    const { title, summary, fields, truth } = record.header;
    fill(el,
      h("div.jx-card-head", {}, h("h3", {}, title), h("span.jx-quiet", {}, examples(fields))),
      h("p.jx-quiet", {}, summary),
      h("p.jx-data-fields", {}, fields.map(({ name, shape: own, dtype, role }) => h("span.jx-data-field", { title: role === "input" ? "the model reads it" : "the loss compares with it" }, h("code", {}, name), ` ${own.length ? shape(own) : "one number"} ${dtype}, ${role}`))),
      truth && h("p.jx-truth", {}, "Known answer: ", Object.entries(truth).map(([name, value], i) => [i ? ", " : "", h("code", {}, `${name} = ${spell(value)}`)])),
      preview,
    );
    fill(preview, picture(record));
  }
  const off = host.on("data", draw);
  draw();
  return () => {
    off();
    el.replaceChildren();
  };
}

function examples(fields) {
  const count = fields[0]?.examples;
  return Number.isFinite(count) ? `${integer(count)} examples` : "";
}

const spell = (value) => (Array.isArray(value) ? `[${value.map(spell).join(", ")}]` : number(value, 6));

function picture({ header: { preview, truth }, buffers }) {
  if (preview.kind === "images") return images(preview, buffers.images);
  if (preview.kind === "points") return scatter(preview, buffers, truth);
  if (preview.kind === "table" && preview.columns.length) return table(preview);
  if (preview.kind === "text") return preview.texts.map((text) => h("pre.jx-data-text", { tabindex: "0" }, text));
  return h("p.jx-quiet", {}, "There is no picture of this data.");
}

function images({ height, width, labels }, pixels) {
  const count = pixels.length / (height * width);
  return h("ul.jx-images", {}, Array.from({ length: count }, (_, n) => {
    const label = labels?.[n];
    const canvas = h("canvas", { width, height, role: "img", "aria-label": label === undefined ? `example ${n + 1}` : `example labelled ${label}` });
    const context = canvas.getContext("2d");
    const image = context.createImageData(width, height);
    for (let i = 0; i < height * width; i++) image.data.set([pixels[n * height * width + i], pixels[n * height * width + i], pixels[n * height * width + i], 255], i * 4);
    context.putImageData(image, 0, 0);
    return h("li", {}, canvas, label !== undefined && h("span", {}, String(label)));
  }));
}

function table({ columns, rows }) {
  return h("div.jx-table-scroll", { tabindex: "0" }, h("table.jx-table", {}, h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", { title: typeof cell === "number" ? full(cell) : null }, typeof cell === "number" ? number(cell) : String(cell))))))));
}
