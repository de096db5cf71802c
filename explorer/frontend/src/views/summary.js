/** The answer first: what stands out, ranked, each a sentence that leads to its line. Draws summary/<function>. */
import { fill, h } from "../dom.js";
import { integer } from "../format.js";
import { placeName, shortNames } from "./panes-place.js";
import { TERMS } from "./panes-stages.js";
import { prose } from "./prose.js";

const FIRST = 5; // findings shown before the person asks for more
const LINES = 3; // links to lines in one finding
const HOW = {
  modelled: "A figure worked out from the program, not measured",
  measured: "Measured on the device",
  fact: "Read from the program",
};

/**
 * @param {{go: (origin: any, stage: string | null) => void, whyNotFused: (lines: number[]) => void}} on
 */
export function findings(on) {
  const list = h("ol.jx-findings-list");
  const more = h("button.jx-tool-button", { type: "button", onclick: () => ((all = !all), draw()) });
  const element = h("section.jx-findings", { "aria-label": "What stands out" }, h("h4", {}, "What stands out"), list, more);
  /** @type {any} */
  let record = null;
  let files = [];
  let all = false;

  function draw() {
    const found = record?.header.findings ?? [];
    element.hidden = !record || (!found.length && !record.header.totals.instructions); // nothing is known of what runs
    fill(list, found.length ? (all ? found : found.slice(0, FIRST)).map(finding) : h("li", {}, "Nothing stands out: no line costs much more than the others, and nothing was found that can easily be saved."));
    more.hidden = found.length <= FIRST;
    more.textContent = all ? "Show fewer" : `Show all ${integer(found.length)}`;
    more.setAttribute("aria-expanded", String(all));
  }

  function finding({ text, measure, share, stage, lines, place, kind }) {
    return h("li.jx-finding", { "data-kind": kind },
      h("span.jx-finding-share", { "aria-hidden": "true", style: share === null ? "visibility: hidden" : `--jx-share: ${share}` }),
      h("span.jx-finding-text", {}, prose(text), " ",
        h("small.jx-tag", { title: HOW[measure], "data-measure": measure }, measure),
        links({ stage, lines, place }),
        kind === "not_fused" ? [" ", h("button.jx-link", { type: "button", title: "Go to what is known of the gaps between kernels", onclick: () => on.whyNotFused(lines) }, "Why not fused?")] : null));
  }

  function links({ stage, lines, place }) {
    const file = place && files[place.file];
    const source = file ? [link(placeName(shortNames(files)[place.file], place), { stage: "source", file: place.file, line: place.line, column: place.column }, stage)] : [];
    const here = stage && stage !== "source" ? lines.slice(0, LINES).map((line) => link(`${TERMS[stage] ?? stage} ${integer(line + 1)}`, { stage, line }, null)) : [];
    const rest = here.length && lines.length > LINES ? h("span.jx-quiet", {}, ` and ${integer(lines.length - LINES)} more`) : null;
    return h("span.jx-finding-links", {}, [...source, ...here].flatMap((one) => [" ", one]), rest);
  }

  const link = (name, origin, stage) => h("button.jx-link", { type: "button", title: "Keep this line and show it", onclick: () => on.go(origin, stage) }, name);

  return {
    element,
    /** @param {any} next a record, or undefined @param {any[]} named the files of the source record */
    draw(next, named) {
      if (next === record && named === files) return;
      record = next;
      files = named;
      draw();
    },
  };
}
