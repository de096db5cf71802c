/** What kept a function from being traced: in plain words, with the person's line marked and what to write instead. */
import { h } from "../dom.js";
import { excerpt } from "./excerpt.js";
import { prose } from "./prose.js";

/**
 * @param {{title: string, text: string, what?: string, instead?: string, where?: string, detail?: string, place?: any}} problem
 * @param {{file: string, title: string, text: string | null}[]} files of the source record
 * @returns {(HTMLElement | null)[]}
 */
export function problemView({ title, text, what, instead, where, detail, place }, files) {
  const file = place && files.find((each) => each.file === place.file && each.text !== null);
  const note = [h("p", {}, prose(what ?? text)), instead ? h("p.jx-problem-instead", {}, h("strong", {}, "Instead "), prose(instead)) : null];
  return [
    h("p.jx-problem", {}, h("span", { "aria-hidden": "true" }, "⚠ "), title),
    file ? h("div.jx-problem-place", {}, excerpt({ title: file.title, first: 1, text: file.text ?? "" }, [{ place, note }])) : h("p", {}, prose(text)),
    where && !file ? h("p.jx-quiet", {}, where) : null,
    detail ? h("details", {}, h("summary", {}, "the whole message"), h("pre.jx-problem-detail", {}, detail)) : null,
  ];
}
