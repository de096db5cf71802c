/** What changed since another look: the verdict, the figures before and after, and the texts' difference. Draws comparison/<function>. */
import { fill, h } from "../dom.js";
import { bytes, count, integer, number, seconds } from "../format.js";
import { STAGES } from "./panes-stages.js";
import { prose } from "./prose.js";

const ROWS = 1500; // lines of a difference drawn before the person asks for the rest

/**
 * @param {any} host
 * @param {() => boolean} live
 */
export function comparisonView(host, live) {
  const verdict = h("p.jx-verdict-text");
  const body = h("div.jx-comparison-body");
  const more = h("details", { ontoggle: () => Boolean(host.get("ui")?.compared) !== more.open && host.pick({ compared: more.open }) }, h("summary", {}, "What changed, in figures and in the texts"), body);
  const element = h("section.jx-comparison", { "aria-label": "Compared" }, h("h4", {}, "Compared"), verdict, more);
  /** @type {any} */
  let record = null;
  /** @type {any} what is inspected, as it can be changed */
  let subject = null;
  let stage = "";
  let whole = false;

  function draw() {
    const { with: other, rows, stages } = record.header;
    const texts = STAGES.flatMap((known) => stages.filter((each) => each.stage === known.stage).map((each) => ({ ...known, ...each })));
    const wanted = host.get("ui")?.difference;
    const now = texts.find((each) => each.stage === wanted) ?? texts.findLast(({ changed }) => changed) ?? texts[0];
    if (now?.stage !== stage) whole = false;
    stage = now?.stage;
    fill(verdict, prose(record.header.verdict), " ", h("span.jx-quiet", {}, `Compared with ${other}.`));
    fill(body, figures(rows, other), timing(rows), texts.length ? [choice(texts, now), now && difference(now)] : null);
  }

  /** Where both can be run: measure them, one after the other. */
  function timing(rows) {
    const measured = rows.find(({ name }) => name === "measured time");
    if (!subject || !live() || (measured && measured.before !== null && measured.after !== null)) return null;
    if (!subject.passes_off.length && !Object.keys(subject.compiler_options).length) return null;
    return h("p.jx-comparison-measure", {},
      h("button.jx-tool-button", { type: "button", disabled: Boolean(subject.busy), onclick: () => host.command("measure_both", {}) }, "Measure both"),
      h("span.jx-quiet", {}, " Runs the function with and without, some calls of each, and compares the times."));
  }

  function choice(texts, now) {
    return h("div.jx-segments", { role: "radiogroup", "aria-label": "Text" }, texts.map((each) =>
      h("button.jx-segment", { type: "button", role: "radio", "aria-checked": String(each === now), onclick: () => host.pick({ difference: each.stage }) },
        each.term, h("small.jx-quiet", {}, each.changed ? ` ${integer(each.changed)} changed` : " the same"))));
  }

  function difference({ hunks, title, changed }) {
    if (!changed || !hunks.length) return h("p.jx-quiet.jx-diff-same", {}, `${title}: nothing changed but names of registers.`);
    const lines = [];
    let left = 0;
    let after = null;
    for (const hunk of hunks) {
      const hidden = hunk.before[0] - (after ?? 0);
      if (hidden > 0) lines.push(h("div.jx-diff-skip", {}, `… ${integer(hidden)} unchanged ${hidden === 1 ? "line" : "lines"} …`));
      after = hunk.before[1];
      let [from, to] = [hunk.before[0], hunk.after[0]];
      for (const { kind, text } of hunk.lines) {
        if (!whole && lines.length > ROWS) left += 1;
        else lines.push(row(kind, text, kind === "+" ? "" : integer(from + 1), kind === "-" ? "" : integer(to + 1)));
        if (kind !== "+") from += 1;
        if (kind !== "-") to += 1;
      }
    }
    const more = left ? h("button.jx-tool-button", { type: "button", onclick: () => ((whole = true), draw()) }, `Show ${integer(left)} more lines`) : null;
    return [h("div.jx-diff", { role: "region", tabindex: "0", "aria-label": `Difference: ${title}` }, lines), more];
  }

  const row = (kind, text, before, now) =>
    h("div.jx-diff-line", { "data-kind": kind }, h("span.jx-diff-number", {}, before), h("span.jx-diff-number", {}, now), h("span.jx-diff-kind", {}, kind), h("span.jx-diff-text", {}, text));

  return {
    element,
    /** @param {any} next a record, or undefined @param {any} [inspected] the record of the subject */
    draw(next, inspected) {
      const same = inspected?.header === subject;
      subject = inspected?.header ?? null;
      element.hidden = !next;
      more.open = Boolean(host.get("ui")?.compared);
      if (!next || (same && next === record && (host.get("ui")?.difference ?? stage) === stage)) return;
      record = next;
      draw();
    },
  };
}

function figures(rows, other) {
  if (!rows.length) return null;
  return h("div.jx-compared-scroll", {}, h("table.jx-compared", {},
    h("thead", {}, h("tr", {}, ["Figure", other, "Now", "Ratio"].map((name, i) => h(i ? "th.jx-num" : "th", { scope: "col" }, name)))),
    h("tbody", {}, rows.map(({ name, unit, before, after, ratio }) => h("tr", { "data-way": ratio === null || ratio === 1 ? "same" : ratio > 1 ? "more" : "less" },
      h("th", { scope: "row" }, name),
      h("td.jx-num", { title: fullOf(before, unit) }, shown(before, unit)),
      h("td.jx-num", { title: fullOf(after, unit) }, shown(after, unit)),
      h("td.jx-num.jx-ratio", {}, ratio === null ? "–" : ratio === 1 ? "same" : `${ratio > 1 ? "▲" : "▼"} ${number(ratio)}×`))))));
}

function shown(value, unit) {
  if (value === null) return "–";
  if (unit === "bytes") return bytes(value);
  if (unit === "s") return seconds(value);
  if (unit === "ms") return seconds(value / 1000);
  if (unit === "µs" || unit === "us") return seconds(value / 1e6);
  return `${count(value)}${unit ? `\u00a0${unit}` : ""}`;
}

const fullOf = (value, unit) => (value === null ? "not known" : `${integer(value)} ${unit ?? ""}`.trim());
