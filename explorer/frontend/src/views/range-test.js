/** The learning-rate range test: the loss at ever higher rates, where it broke, and the rate that is suggested. */
import { fill, h, svg } from "../dom.js";
import { number, seconds } from "../format.js";
import css from "../style/range-test.css";

const [WIDTH, HIGH] = [720, 250];
const PAD = { left: 58, right: 16, top: 16, bottom: 40 };

/** @param {any} host @param {HTMLElement} el @returns {() => void} cleanup */
export function mount(host, el) {
  let asked = false;
  const said = h("div.jx-range-body", { "aria-live": "polite" });
  fill(el, h("style", {}, css), said);

  function draw() {
    const record = host.get("range_test");
    if (record) asked = false;
    const alone = !host.get("form");
    const can = host.command && host.get("form") && !["running"].includes(host.get("status")?.header.status);
    el.hidden = !record && alone;
    fill(said, record && found(record), !alone && (record || host.command) && h("div.jx-range-row", {},
      asked ? h("span.jx-range-busy", {}, h("span.jx-spinner", { "aria-hidden": "true" }), " Trying learning rates …")
        : h("button.jx-button", { type: "button", disabled: !can, onclick: ask }, record ? "Test again" : "Find a learning rate"),
      !record && h("span.jx-quiet", {}, "Takes 100 steps from the first params at ever higher rates, and shows where the loss falls and where it breaks (range test)."),
    ));
  }

  function ask() {
    asked = true;
    host.command("range_test");
    draw();
  }

  function found(record) {
    const { field, suggestion, sentence, rule, source, seconds: took, optimizer } = record.header;
    const use = host.command && host.get("form") && suggestion !== null;
    return [
      h("div.jx-card-head", {}, h("h3", {}, "Learning-rate range test"), h("span.jx-quiet", {}, `${optimizer} · ${seconds(took)}`)),
      h("p", {}, sentence),
      picture(record),
      use && h("button.jx-button", { type: "button", onclick: () => host.command("set", { field: `optimizer.${field}`, value: Number(suggestion.toPrecision(3)) }) }, `Use ${number(suggestion)}`),
      h("details", {}, h("summary", {}, "The rule"), h("p.jx-quiet", {}, rule), h("p.jx-quiet", {}, source)),
    ];
  }

  const offs = ["range_test", "form", "status", "connection", "notice/"].map((key) => host.on(key, (which) => {
    if (which.startsWith("notice/")) asked = false; // it was refused, in words above
    draw();
  }));
  draw();
  return () => {
    for (const off of offs) off();
    el.replaceChildren();
  };
}

function picture({ header, buffers }) {
  const { rates, losses, smoothed } = buffers;
  const { suggestion, lowest, end, sentence } = header;
  const shown = Math.min(rates.length, Math.max(end + 1, 2));
  // up to the lowest all is in sight; what breaks out beyond leaves the picture at its top
  const falling = [...smoothed.slice(0, (lowest ?? end) + 1)].filter(Number.isFinite);
  let [low, top] = falling.length ? [Math.min(...falling, ...losses.slice(0, end).filter(Number.isFinite)), Math.max(...falling)] : [0, 1];
  top = top > low ? top + 0.3 * (top - low) : low + (Math.abs(low) || 1);
  const [first, last] = [Math.log10(rates[0]), Math.log10(rates[shown - 1])];
  const floor = HIGH - PAD.bottom;
  const x = (rate) => PAD.left + ((Math.log10(rate) - first) / (last - first)) * (WIDTH - PAD.left - PAD.right);
  const y = (value) => floor - ((Math.min(value, top) - low) / (top - low)) * (floor - PAD.top);
  const line = (series) => {
    let path = "";
    for (let i = 0; i < shown; i++) if (Number.isFinite(series[i])) path += `${path ? "L" : "M"}${x(rates[i]).toFixed(1)} ${y(series[i]).toFixed(1)}`;
    return path;
  };
  const decades = [];
  for (let power = Math.ceil(first - 1e-9); power <= last + 1e-9; power++) decades.push(10 ** power);
  const mark = (rate, text, kind) => svg(`g.jx-range-${kind}`, {},
    svg("path", { d: `M${x(rate)} ${PAD.top}V${floor}` }),
    svg("text", { x: x(rate) + (x(rate) > WIDTH - 130 ? -5 : 5), y: PAD.top + (kind === "suggested" ? 10 : 26), "text-anchor": x(rate) > WIDTH - 130 ? "end" : "start" }, text));
  return svg("svg.jx-range-picture", { viewBox: `0 0 ${WIDTH} ${HIGH}`, role: "img", "aria-label": `Loss by learning rate. ${sentence}` },
    decades.map((rate) => [svg("path.jx-range-grid", { d: `M${x(rate)} ${PAD.top}V${floor}` }), svg("text", { x: x(rate), y: floor + 15, "text-anchor": "middle" }, power(rate))]),
    [low, (low + top) / 2, top].map((value) => [svg("path.jx-range-grid", { d: `M${PAD.left} ${y(value)}H${WIDTH - PAD.right}` }), svg("text", { x: PAD.left - 7, y: y(value) + 4, "text-anchor": "end" }, number(value))]),
    svg("text", { x: (WIDTH + PAD.left) / 2, y: HIGH - 6, "text-anchor": "middle" }, header.field.replaceAll("_", " ")),
    svg("text", { x: 4, y: 11 }, "loss"),
    svg("path.jx-range-raw", { d: line(losses) }),
    svg("path.jx-range-smooth", { d: line(smoothed) }),
    lowest !== null && svg("circle.jx-range-lowest", { cx: x(rates[lowest]), cy: y(smoothed[lowest]), r: 4.5 }, svg("title", {}, `lowest, at ${number(rates[lowest])}`)),
    lowest !== null && svg("text", { x: x(rates[lowest]), y: y(smoothed[lowest]) - 10, "text-anchor": "middle" }, "lowest"),
    suggestion !== null && suggestion >= rates[0] && mark(suggestion, `suggested ${number(suggestion)}`, "suggested"),
    end < rates.length && mark(rates[shown - 1], `broke at ${number(rates[shown - 1])}`, "broke"),
  );
}

/** 1e-4 -> "0.0001"; 1e-6 -> "1e−6". @param {number} rate */
const power = (rate) => number(Number(rate.toPrecision(3)), 1);
