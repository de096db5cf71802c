/** A program with its faults marked: what happens, and what to write instead. Draws the record "explanation". */
import { fill, h } from "../dom.js";
import excerptCss from "../style/excerpt.css";
import css from "../style/explain.css";
import { excerpt } from "./excerpt.js";
import { prose } from "./prose.js";

/**
 * @param {any} host
 * @param {HTMLElement} el
 * @returns {() => void} cleanup
 */
export function mount(host, el) {
  const body = h("div.jx-explain-body");
  fill(el, h("div.jx-explain", {}, h("style", {}, excerptCss, css), body));

  function draw() {
    const record = host.get("explanation");
    if (!record) return fill(body, h("p.jx-quiet", {}, "The program and what is wrong with it will be here."));
    const { sentence, faults, files, output } = record.header;
    const marks = faults.map((fault) => ({ place: fault.place, note: noteOf(fault), level: levelOf(fault) }));
    fill(body,
      h("p.jx-explain-sentence", { role: "status" }, h("span", { "aria-hidden": "true", "data-fault": faults.length > 0 }, faults.length ? "⚠" : "✓"), h("span", {}, ...prose(sentence))),
      files.length ? excerpt(files[0], marks) : null,
      output ? h("details", {}, h("summary", {}, "What it printed"), h("pre.jx-explain-output", { tabindex: "0" }, output)) : null,
    );
  }

  const off = host.on("explanation", draw);
  draw();
  return () => {
    off();
    el.replaceChildren();
  };
}

const levelOf = ({ kind }) => (kind === "raised" ? "main" : "silent");

function noteOf({ kind, title, what, instead, detail }) {
  return [
    h("p", {}, h("strong", {}, `${title}. `), kind === "raised" ? null : h("span.jx-explain-silent", {}, "raises nothing"), ...prose(what)),
    instead ? h("p.jx-explain-instead", {}, h("strong", {}, "Instead "), ...prose(instead)) : null,
    detail ? h("details", {}, h("summary", {}, "What Python says"), h("pre.jx-explain-output", {}, detail)) : null,
  ];
}
