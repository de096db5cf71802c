/** What the backward pass keeps of the forward pass, and which line keeps how much of it. */
import { fill, h } from "../dom.js";
import { bytes, integer } from "../format.js";
import { placeCode, placeName, shortNames } from "./panes-place.js";

const MOST = 40; // rows

/** @param {{point: (spans: any[] | null, line: number) => void, keep: (span: any) => void}} on */
export function keptList(on) {
  const head = h("p.jx-quiet");
  const list = h("ul.jx-memory-kept", { "aria-label": "What the backward pass keeps, the most first" });
  const element = h("div", {}, h("h5", {}, "Kept for the backward pass ", h("span.jx-quiet", {}, "(residuals)")), head, list);

  return {
    element,
    /** @param {any} residuals of the record's header @param {any[]} files */
    draw({ reason, supposed, bytes: whole, rows }, files) {
      const names = shortNames(files);
      head.textContent = reason ?? (supposed
        ? `If it were differentiated, ${bytes(whole)} of the forward pass would be kept, besides arguments.`
        : `${bytes(whole)} of the forward pass are kept until the backward pass needs them, besides arguments.`);
      head.title = reason ? "" : "As JAX recorded it; XLA may compute some of it again, or keep it in another form.";
      const most = Math.max(1, ...rows.map((row) => row.bytes));
      fill(list, rows.slice(0, MOST).map((row) => {
        const { place } = row;
        const span = place && { ...place, scope: "", carried: false, detail: false };
        return h("li", {}, h("button.jx-memory-keeps", {
          type: "button", title: `${row.name} ${row.shape}, ${integer(row.bytes)} bytes`, disabled: !place,
          onclick: () => on.keep(span), onpointerenter: () => on.point(span && [span], -1), onpointerleave: () => on.point(null, -1),
        },
          h("b", {}, bytes(row.bytes)),
          h("i", { "aria-hidden": "true" }, h("i", { style: `width: ${(100 * row.bytes) / most}%` })),
          h("span", {}, row.argument ? `argument ${row.name}` : row.name, " ", h("small.jx-quiet", {}, row.shape)),
          place ? h("span.jx-memory-from", {}, placeName(names[place.file], place), " ", placeCode(files[place.file].text, place)) : h("span.jx-quiet", {}, row.argument ? "in memory anyway" : "from no line of your program")));
      }), rows.length > MOST ? h("li.jx-quiet", {}, `and ${integer(rows.length - MOST)} smaller ones`) : null);
    },
  };
}
