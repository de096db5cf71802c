/** A program over many devices: what they exchange and which line made it necessary, and what running it gave. Draws sharding/<function>. */
import { fill, h } from "../dom.js";
import { bytes, integer } from "../format.js";
import { placeCode, placeName, shortNames } from "./panes-place.js";
import { shardedRun } from "./sharding-run.js";

const FIRST = 8; // exchanges shown before the person asks for more

/**
 * @param {any} host
 * @param {{live: () => boolean, go: (origin: any, stage: string | null) => void}} on
 */
export function shardingView(host, on) {
  const title = h("h4");
  const over = h("p.jx-quiet");
  const rows = h("tbody");
  const table = h("div.jx-compared-scroll", { tabindex: "0", role: "region", "aria-label": "What the devices exchange" }, h("table.jx-compared.jx-exchanges", {},
    h("thead", {}, h("tr", {}, ["Exchange", "Size", "Among", "Made necessary by", ""].map((name, i) => h(i === 1 ? "th.jx-num" : "th", { scope: "col" }, name)))), rows));
  const more = h("button.jx-tool-button", { type: "button", onclick: () => ((all = !all), drawRows()) });
  const run = shardedRun(host, on.live);
  const element = h("section.jx-sharding", { "aria-label": "Over several devices" }, title, over, table, more, run.element);
  /** @type {any} */
  let record = null;
  let files = [];
  let all = false;

  function drawAll() {
    const { mesh, exchanges, listed, bytes: size, compiled } = record.header;
    const devices = mesh.reduce((count, axis) => count * axis.size, 1);
    title.textContent = mesh.length ? `Over ${integer(devices)} devices` : "Over several devices";
    const named = mesh.map((axis) => `${axis.name} = ${integer(axis.size)}`).join(" × ");
    const told = !compiled ? "What they exchange is not known: the program was not compiled."
      : !listed ? "The devices exchange nothing: each works by itself."
      : `In one call they exchange ${integer(listed)} ${listed === 1 ? "array" : "arrays"}; after that each device holds ${bytes(size)} of them.`;
    over.textContent = [named && `Mesh: ${named}.`, told].filter(Boolean).join(" ");
    table.hidden = !exchanges.length;
    drawRows();
  }

  function drawRows() {
    const { exchanges, listed } = record.header;
    const names = shortNames(files);
    fill(rows, exchanges.slice(0, all ? exchanges.length : FIRST).map((one) => h("tr", {},
      h("td", {}, h("code", {}, one.kind), h("small.jx-exchange-what", {}, one.shape, one.joined > 1 ? `, one of ${integer(one.joined)} joined` : "")),
      h("td.jx-num", { title: `${integer(one.bytes)} bytes on each device afterwards` }, bytes(one.bytes)),
      h("td", {}, one.devices ? integer(one.devices) : "pairs", one.axes?.length ? h("small.jx-exchange-what", {}, `along ${one.axes.join(", ")}`) : null),
      h("td.jx-exchange-why", {}, place(one, names), h("small.jx-exchange-what", {}, sentence(one.why))),
      h("td", {}, link(`HLO ${integer(one.line + 1)}`, { stage: "hlo", line: one.line }, null)))));
    more.hidden = exchanges.length <= FIRST;
    more.textContent = all ? "Show fewer" : exchanges.length < listed ? `Show the largest ${integer(exchanges.length)} of ${integer(listed)}` : `Show all ${integer(exchanges.length)}`;
    more.setAttribute("aria-expanded", String(all));
  }

  function place({ places }, names) {
    const own = places.find(({ file }) => files[file]);
    if (!own) return h("span.jx-quiet", {}, "no line of your program");
    return h("span.jx-exchange-place", {}, link(placeName(names[own.file], own), { stage: "source", file: own.file, line: own.line, column: own.column }, "hlo"), " ", placeCode(files[own.file].text, own));
  }

  const link = (name, origin, stage) => h("button.jx-link", { type: "button", title: "Keep this line and show it", onclick: () => on.go(origin, stage) }, name);

  return {
    element,
    /** @param {string} name the function on screen @param {any[]} named the files of its source record */
    draw(name, named) {
      const next = host.get(`sharding/${name}`) ?? null;
      const several = Boolean(next && (next.header.mesh.length || next.header.listed));
      element.hidden = !several;
      run.draw(name, several ? next : null);
      if (!several || (next === record && named === files)) return;
      record = next;
      files = named;
      drawAll();
    },
    destroy: run.destroy,
  };
}

const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

