/** The choices as text, where there is no kernel to change them. */
import { fill, h } from "../dom.js";
import css from "../style/form.css";

/** @param {any} host @param {HTMLElement} el @returns {() => void} cleanup */
export function summary(host, el) {
  const draw = () => {
    const fields = host.get("form")?.header.fields ?? [];
    const rows = fields.map((field) => h("div.jx-chosen", {}, h("dt", {}, field.label), h("dd", {}, text(field))));
    fill(el, h("style", {}, css), rows.length ? h("dl.jx-chosen-list", {}, rows) : h("p.jx-quiet", {}, "This page was saved without its choices."));
  };
  const off = host.on("form", draw);
  draw();
  return () => {
    off();
    el.replaceChildren();
  };
}

function text({ kind, value, options = [], unit }) {
  if (kind === "checkbox") return value ? "yes" : "no";
  if (value === null || value === "") return "–";
  return `${options.find((option) => option.value === value)?.label ?? value}${unit ? ` ${unit}` : ""}`;
}
