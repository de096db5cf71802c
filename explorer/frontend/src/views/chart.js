/** The live chart: curves of the chosen metric by step. uPlot keeps axes, pointer and zoom; the curves are drawn from the series. */
import uPlot from "uplot";
import uplotCss from "uplot/dist/uPlot.min.css";
import { assign, fill, h } from "../dom.js";
import { integer, number } from "../format.js";
import css from "../style/chart.css";
import { onTheme } from "../theme.js";
import { curvesOf, metrics } from "./chart-curves.js";
import { paint } from "./chart-draw.js";
import { chartHover } from "./chart-hover.js";
import { extent } from "./chart-thin.js";
import { chartTools } from "./chart-tools.js";

const HEIGHT = 290;

/** @param {any} host @param {HTMLElement} el @returns {() => void} cleanup */
export function mount(host, el) {
  const over = new AbortController();
  let plot = null;
  let logarithmic = false;
  let built = null; // whether the plot that is there is logarithmic
  let curves = [];
  let events = [];
  let zoom = null; // [first step, last step], or null for the whole run
  let width = 0; // as last observed: to ask in a frame would lay the page out once more
  /** @type {any} */
  let colours = {};

  const tools = chartTools(host, () => zoomTo(null));
  const hover = chartHover();
  const stage = h("div.jx-chart-stage", { tabindex: "0", role: "group", "aria-roledescription": "chart" }, hover.element);
  const note = h("p.jx-quiet.jx-chart-note", { hidden: true });
  const root = h("div.jx-chart", {}, h("style", {}, uplotCss, css), tools.element, stage, note);
  fill(el, root);

  function draw() {
    const ui = host.get("ui") ?? {};
    const there = metrics(host);
    const metric = there.some(({ name }) => name === ui.metric) ? ui.metric : "loss";
    ({ curves, events } = curvesOf(host, metric));
    const title = there.find(({ name }) => name === metric).title;
    logarithmic = ui.scale === "log";
    tools.draw(there, metric, logarithmic, ui.smoothing ?? 0, curves, zoom !== null);
    assign(stage, { ariaLabel: `${title} by step. ${curves.map(spoken).join(". ")}. Arrow keys read the values.` });
    const lost = logarithmic ? curves.reduce((sum, { series }) => sum + belowZero(series), 0) : 0;
    assign(note, { hidden: !lost, textContent: `${integer(lost)} ${lost === 1 ? "value is" : "values are"} 0 or less, which a logarithmic axis cannot show.` });
    show();
  }

  /** A view may be mounted before it is in the page, where there is neither a size nor a colour. */
  function show() {
    if (!width) return;
    if (built !== logarithmic) build();
    if (width !== plot.width) plot.setSize({ width, height: HEIGHT });
    plot.setData([[0, 1], [0, 1]], false);
    const [min, max] = zoom ?? whole();
    plot.batch(() => plot.setScale("x", { min, max }));
    hover.show(plot, curves, events);
  }

  function whole() {
    const ends = curves.filter(({ series }) => series.length).map(({ series }) => [series.steps[0], series.steps[series.length - 1]]);
    const low = Math.min(...ends.map(([first]) => first));
    const high = Math.max(...ends.map(([, last]) => last));
    return ends.length ? [low, Math.max(high, low + 1)] : [0, 1];
  }

  /** The values in view, with a little room; a flat curve lies in the middle. @returns {[number, number]} */
  function valueRange() {
    const [min, max] = zoom ?? whole();
    const drawn = curves.flatMap(({ series, band }) => (band ? [series, band.low, band.high] : [series]));
    const found = drawn.map((series) => extent(series, series.indexOf(min), series.indexOf(max + 1), logarithmic)).filter(Boolean);
    if (!found.length) return logarithmic ? [0.1, 1] : [0, 1];
    const low = Math.min(...found.map(([least]) => least));
    const high = Math.max(...found.map(([, most]) => most));
    if (logarithmic) {
      const room = high > low ? (high / low) ** 0.05 : 2;
      return [low / room, high * room];
    }
    const room = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.1 || 1;
    return [low >= 0 && low < high * 0.3 ? Math.min(0, low) : low - room, high + room];
  }

  function zoomTo(range) {
    zoom = range;
    draw();
  }

  function build() {
    plot?.destroy();
    built = logarithmic;
    read();
    const axis = { stroke: colours.faint, font: colours.axisFont, grid: { stroke: colours.grid, width: 1 }, ticks: { show: false } };
    plot = new uPlot(
      {
        width: Math.max(120, width),
        height: HEIGHT,
        padding: [10, 22, 0, 0],
        legend: { show: false },
        scales: { x: { time: false, range: (_, low, high) => [low, high] }, y: { distr: logarithmic ? 3 : 1, range: valueRange } },
        series: [{}, { paths: () => null, points: { show: false } }],
        axes: [
          { ...axis, size: 24, gap: 4, label: "step", labelSize: 16, labelGap: 0, labelFont: colours.axisFont, values: (_, splits) => splits.map((split) => (Number.isInteger(split) ? integer(split) : "")) },
          { ...axis, size: (_, values) => 14 + 6.8 * Math.max(3, ...(values ?? []).map((text) => text.length)), values: (_, splits) => splits.map((split) => (split === null ? "" : number(split))) },
        ],
        cursor: {
          y: false,
          points: { show: false },
          drag: { x: true, y: false, setScale: false },
          bind: { dblclick: () => () => void zoomTo(null) },
        },
        hooks: {
          draw: [(self) => paint(self, curves, events, { ...colours, logarithmic, smoothing: host.get("ui")?.smoothing ?? 0 })],
          setCursor: [(self) => hover.show(self, curves, events)],
          setSelect: [select],
        },
      },
      [[0, 1], [0, 1]],
      stage,
    );
    stage.append(hover.element);
  }

  function select(self) {
    const { left, width } = self.select;
    if (width < 4) return;
    const range = [self.posToVal(left, "x"), self.posToVal(left + width, "x")];
    self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (range[1] - range[0] >= 1) zoomTo(range);
  }

  /** The colours of the theme, as the canvas needs them. */
  function read() {
    const style = getComputedStyle(root);
    const resolved = (name) => {
      root.style.setProperty("outline-color", `var(${name})`);
      const colour = getComputedStyle(root).outlineColor;
      root.style.removeProperty("outline-color");
      return colour;
    };
    const ratio = devicePixelRatio || 1;
    colours = {
      ink: resolved("--jx-ink"), faint: resolved("--jx-faint"), grid: resolved("--jx-grid"), ground: resolved("--jx-ground"), alarm: resolved("--jx-alarm"),
      font: `600 ${11 * ratio}px ${style.fontFamily}`, axisFont: `11px ${style.fontFamily}`,
    };
  }

  stage.addEventListener("keydown", (event) => {
    if (!plot) return;
    const { left } = plot.cursor;
    const width = plot.over.clientWidth;
    const at = { ArrowLeft: Math.max(0, (left < 0 ? width : left) - 4), ArrowRight: Math.min(width - 1, left + 4), Home: 0, End: width - 1 }[event.key];
    if (event.key === "Escape" && (zoom || left >= 0)) {
      plot.setCursor({ left: -10, top: -10 });
      zoomTo(null);
    } else if (at !== undefined) plot.setCursor({ left: at, top: 1 });
    else return;
    event.preventDefault();
  }, { signal: over.signal });
  stage.addEventListener("focusout", () => plot?.setCursor({ left: -10, top: -10 }), { signal: over.signal });

  onTheme(() => requestAnimationFrame(() => {
    built = null; // the colours of the axes are uPlot's to keep
    show();
  }), over.signal);
  const size = new ResizeObserver(() => {
    width = stage.clientWidth;
    show();
  });
  const offs = ["series", "runs", "ui"].map((key) => host.on(key, draw));
  draw();
  size.observe(stage);
  return () => {
    for (const off of offs) off();
    size.disconnect();
    over.abort();
    plot?.destroy();
    el.replaceChildren();
  };
}

function spoken({ series, name }) {
  return series.length ? `${name}: ${number(series.values[series.length - 1])} at step ${integer(series.steps[series.length - 1])}` : `${name}: nothing yet`;
}

function belowZero({ values, length }) {
  let count = 0;
  for (let i = 0; i < length; i++) if (values[i] <= 0) count += 1;
  return count;
}
