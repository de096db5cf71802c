/** The first operation that stopped being finite: at its line, with the values around it. Draws the record "bad_operation". */
import { fill, h } from "../dom.js";
import { number, shape } from "../format.js";
import excerptCss from "../style/excerpt.css";
import css from "../style/nan.css";
import { excerpt } from "./excerpt.js";
import { prose } from "./prose.js";

/**
 * @param {any} host
 * @param {HTMLElement} el
 * @returns {() => void} cleanup
 */
export function mount(host, el) {
  const body = h("div.jx-nan-body");
  const root = h("div.jx-nan", {}, h("style", {}, excerptCss, css), body);
  fill(el, root);

  function draw() {
    const record = host.get("bad_operation");
    if (!record) return fill(body, h("p.jx-quiet", {}, "The first operation that gives NaN or infinity will be here."));
    const { header } = record;
    const { operation, files, place } = header;
    fill(body,
      h("p.jx-nan-sentence", { role: "status", "data-verdict": header.verdict }, h("span.jx-nan-sign", { "aria-hidden": "true" }, header.verdict === "finite" ? "✓" : "⚠"), h("span", {}, ...prose(header.sentence))),
      header.instead ? h("p.jx-nan-instead", {}, h("strong", {}, "Instead "), ...prose(header.instead)) : null,
      h("div.jx-nan-columns", {},
        files.length && place ? excerpt(files[place.file], [{ place, note: prose(noteOf(operation)) }]) : null,
        operation ? values(operation) : null,
      ),
      h("section.jx-nan-looks", {}, h("h4", {}, "What was tried"), h("ul", {}, ...header.looks.map(look))),
    );
  }

  const off = host.on("bad_operation", draw);
  draw();
  return () => {
    off();
    el.replaceChildren();
  };
}

function noteOf({ primitive, direction, why, inside, loops }) {
  const made = direction === "backward" ? "In the gradient of this" : "Here";
  const within = [inside && `inside ${inside}`, ...loops.map((loop) => `in ${loop}`)].filter(Boolean).join(", ");
  return `${made}, \`${primitive}\` gives the first value that is not finite${within ? `, ${within}` : ""}${why ? `: ${why}` : ""}.`;
}

/** What went in and what came out. */
function values({ primitive, direction, inputs, examples, shape: size, dtype, nans, infinities }) {
  const argument = direction === "input";
  const bad = [nans && `${number(nans)} NaN`, infinities && `${number(infinities)} infinite`].filter(Boolean).join(", ");
  return h("section.jx-nan-values", {},
    h("h4", {}, "The values around it"),
    h("dl", {},
      ...inputs.map((input, i) => pair(inputs.length > 1 ? `input ${i + 1}` : "input", `${shape(input.shape)}, ${between(input)}`)),
      pair(argument ? "argument" : `${primitive} gives`, `${dtype}, ${shape(size)}: ${bad}`),
    ),
    examples.length ? h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "at"), ...inputs.map((_, i) => h("th", { scope: "col" }, inputs.length > 1 ? `input ${i + 1}` : "input")), h("th", { scope: "col" }, "result"))),
      h("tbody", {}, ...examples.map((example) => h("tr", {},
        h("td", {}, h("code", {}, example.at.length ? `[${example.at.join(", ")}]` : "scalar")),
        ...inputs.map((_, i) => h("td", {}, told(example.inputs[i]))),
        h("td.jx-nan-bad", {}, told(example.value)),
      ))),
    ) : null,
    examples.length && nans + infinities > examples.length ? h("p.jx-quiet", {}, `The first ${examples.length} of ${number(nans + infinities)}.`) : null,
  );
}

function between({ low, high }) {
  if (typeof low !== "number") return "no finite value";
  return low === high ? `all ${number(low, 4)}` : `${number(low, 4)} to ${number(high, 4)}`;
}

/** A value that is not finite comes as text. */
function told(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "number" ? number(value, 4) : value;
}

function pair(name, text) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, text));
}

function look({ direction, finite, text }) {
  const sign = finite === null ? "–" : finite ? "✓" : "⚠";
  return h("li", { "data-finite": String(finite) }, h("span", { "aria-hidden": "true" }, sign), h("strong", {}, direction === "forward" ? "Forward " : "Backward "), ...prose(text));
}
