/** A race: the curves with their bands, who is ahead by steps and by time, and what is the same for all. */
import { download } from "../dialog.js";
import { fill, h } from "../dom.js";
import { integer, number, seconds } from "../format.js";
import learn from "../style/learn.css";
import css from "../style/race.css";
import * as chart from "./chart.js";
import * as runs from "./runs.js";

/** @type {Array<[string, string, (value: any) => string]>} */
const COLUMNS = [
  ["rank_by_steps", "By steps", (value) => (value === null ? "–" : integer(value))],
  ["rank_by_time", "By time", (value) => (value === null ? "–" : integer(value))],
  ["name", "Name", String],
  ["learning_rate", "Learning rate", number],
  ["loss", "Loss", number],
  ["lowest", "Lowest", number],
  ["highest", "Highest", number],
  ["loss_at_equal_time", "Loss at equal time", number],
  ["held_out_loss", "Held-out loss", number],
  ["seconds_per_step", "One step", seconds],
  ["note", "", String],
];

/** @param {any} host @param {HTMLElement} el @returns {() => void} cleanup */
export function mount(host, el) {
  const cleanups = [];
  const place = (view, spec) => {
    const slot = h(spec);
    cleanups.push(view.mount(host, slot));
    return slot;
  };
  const curve = h("section.jx-card.jx-curve", { "aria-label": "Curves" }, place(runs, "div.jx-runs-slot"), place(chart, "div.jx-chart-slot"));
  const standing = h("section.jx-race-standing", { "aria-label": "Standing", "aria-live": "off" });
  fill(el, h("style", {}, learn, css), h("div.jx-race", {}, curve, standing));

  function draw() {
    const race = host.get("race")?.header;
    if (!race) return fill(standing, h("p.jx-quiet", {}, host.command ? "Who is ahead is listed here." : "This page was saved without a race."));
    const several = race.seeds > 1;
    const shown = COLUMNS.filter(([name]) => (several || !["lowest", "highest"].includes(name)) && race.rows.some((row) => row[name] !== null && row[name] !== ""));
    const first = (name) => race.rows.find((row) => row[name] === 1)?.name;
    const [bySteps, byTime] = [first("rank_by_steps"), first("rank_by_time")];
    const verdict = !bySteps ? "Nobody has come to the end yet." : bySteps === byTime ? `${bySteps} is ahead, by steps and by time.` : `${bySteps} is ahead by steps${byTime ? `, ${byTime} by time` : ""}.`;
    fill(standing,
      h("div.jx-card-head", {}, h("h3", {}, verdict), h("button.jx-tool-button", { type: "button", onclick: () => download(csv(race.rows), "race.csv", "text/csv") }, "Save as CSV")),
      h("div.jx-table-scroll", { tabindex: "0" }, h("table.jx-table", {},
        h("thead", {}, h("tr", {}, shown.map(([, title]) => h("th", { scope: "col" }, title)))),
        h("tbody", {}, race.rows.map((row) => h("tr", {}, shown.map(([name, , spell]) => (name === "name" ? h("th", { scope: "row" }, row[name]) : h("td", { title: typeof row[name] === "number" ? String(row[name]) : null }, row[name] === null ? "–" : spell(row[name])))))))),
      ),
      h("ul.jx-race-rules", {}, [race.fair, race.tuned, race.how, ...race.rules].filter(Boolean).map((text) => h("li.jx-quiet", {}, text))),
    );
  }

  cleanups.push(host.on("race", draw));
  draw();
  return () => {
    for (const cleanup of cleanups) cleanup();
    el.replaceChildren();
  };
}

/** @param {any[]} rows */
function csv(rows) {
  const names = Object.keys(rows[0] ?? {});
  const cell = (value) => (value === null ? "" : /[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  return [names, ...rows.map((row) => names.map((name) => row[name]))].map((line) => line.map(cell).join(",")).join("\n") + "\n";
}
