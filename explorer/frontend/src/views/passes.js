/** What XLA did, pass by pass: scrub through the passes, and see what each changed. Draws passes/<function>. */
import { fill, h } from "../dom.js";
import { bytes, integer, seconds } from "../format.js";
import { icon } from "../icons.js";
import { copy } from "./code-copy.js";
import { onDemand } from "./on-demand.js";
import { placeCode, placeName, placeRule, shortNames } from "./panes-place.js";
import { passDiff } from "./passes-diff.js";
import { fuzzy, marked } from "./passes-filter.js";
import { passStrip } from "./passes-strip.js";
import { passTexts } from "./passes-texts.js";

const ABOUT = "XLA turns the program into what runs by some dozens of small rewrites, the passes. Here is what each of them did to yours.";
const FIGURES = [
  { key: "instructions", name: "Instructions", show: integer, help: "Lines of the program, the parts of fusions among them." },
  { key: "fusions", name: "Fusions", show: integer, help: "Several operations that run as one, so that what lies between them never goes to memory." },
  { key: "bytes", name: "Read and written", show: bytes, help: "Bytes that one call moves, as XLA models it; a loop's body counts once." },
];

/**
 * @param {any} host
 * @param {{live: () => boolean, point: (spans: any[] | null, line: number) => void, keep: (span: any) => void}} on
 */
export function passesView(host, on) {
  let name = "";
  /** @type {any} */
  let record = null;
  /** @type {any[]} the files of the source record */
  let files = [];
  let compile = 0; // ms that the plain compile took
  /** @type {ReturnType<typeof passTexts> | null} */
  let texts = null;
  let saying = 0; // the clock of "copied"
  let chosen = -1; // the number of the pass on screen
  let all = false; // unchanged passes too
  /** @type {{pass: any, number: number, found: number[] | null}[]} those that can be reached */
  let reached = [];

  const overall = h("p.jx-quiet");
  const limits = h("div.jx-passes-limits");
  const strip = passStrip((place) => pick(reached[place]?.number ?? chosen));
  const button = (label, text, by) => h("button.jx-tool-button", { type: "button", "aria-label": label, title: `${label} (${by < 0 ? "[" : "]"})`, onclick: () => step(by) }, text);
  const previous = button("Previous pass", "◀", -1);
  const next = button("Next pass", "▶", 1);
  const slider = h("input.jx-passes-slider", { type: "range", min: "0", step: "1", "aria-label": "Pass", oninput: () => pick(reached[Number(slider.value)].number), onchange: remember });
  const count = h("output.jx-quiet.jx-passes-count");
  const filter = h("input.jx-passes-filter", { type: "search", placeholder: "Find a pass", "aria-label": "Find a pass by some letters of its name", autocomplete: "off", spellcheck: "false", oninput: () => drawReached() });
  const unchanged = h("input", { type: "checkbox", onchange: () => ((all = unchanged.checked), drawReached()) });
  const list = h("ul.jx-passes-list", { role: "listbox", "aria-label": "Passes", tabindex: "0" });
  const about = h("div.jx-passes-about", { "aria-live": "polite" });
  const place = h("div.jx-passes-place");
  const said = h("output.jx-quiet");
  const copying = h("span.jx-passes-copy", {}, h("button.jx-tool", { type: "button", "aria-label": "Copy the program after this pass", title: "Copy the whole program after this pass", onclick: copyText }, icon("copy")), said);
  const diff = passDiff({
    point(row) {
      const spans = row ? texts.spans(row.entry) : [];
      on.point(row ? spans : null, row ? Math.max(row.after, row.before) : -1);
      drawPlace(row, spans);
    },
    keep(row) {
      const own = texts.spans(row.entry).find(({ detail }) => !detail);
      if (own) on.keep(own);
    },
    groups: (open) => texts.groups(chosen, open),
  });
  const body = h("div.jx-passes-body", {},
    limits,
    strip.element,
    h("div.jx-passes-bar", {}, previous, slider, next, count, filter, h("label.jx-passes-all", {}, unchanged, " Unchanged ones too")),
    h("div.jx-passes-columns", {}, list, h("div.jx-passes-one", {}, about, diff.choice, diff.element, place)),
  );
  const ask = onDemand(host, {
    command: "passes",
    about: ABOUT,
    button: "Show the passes",
    cost: () => (compile ? `The program is compiled once more for it, which took ${seconds(compile / 1000)} before.` : "The program is compiled once more for it."),
    busy: "Compiling once more",
    lost: "The passes were not asked for before the kernel was gone.",
    saved: "This page was saved without the passes.",
    live: on.live,
  });
  const element = h("section.jx-passes", { "aria-label": "What XLA did, pass by pass" }, h("h4", {}, "What XLA did, pass by pass"), overall, ask.element, body);

  filter.addEventListener("keydown", (event) => {
    event.stopPropagation(); // letters typed here are no shortcuts
    if (event.key === "Enter") list.focus();
    if (event.key === "Escape" && filter.value) ((filter.value = ""), drawReached());
  });
  list.addEventListener("click", (event) => {
    const number = event.target.closest("[data-pass]")?.dataset.pass;
    if (number !== undefined) (pick(Number(number)), remember());
  });
  list.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1, Home: -reached.length, End: reached.length }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    step(by);
  });

  const passes = () => record.header.passes;

  function drawMissing() {
    overall.hidden = body.hidden = true;
    ask.missing("The passes are not available.", record?.header.reason);
  }

  function drawAll() {
    const { first, notes } = record.header;
    const last = passes().at(-1);
    const changed = passes().filter((pass) => pass.changed).length;
    overall.hidden = body.hidden = false;
    ask.hide();
    const told = FIGURES.filter(({ key }) => first[key] !== null && last[key] !== null).map(({ key, name: of, show }) => `${of.toLowerCase()} ${show(first[key])} → ${show(last[key])}`);
    overall.textContent = [`${integer(changed)} of ${integer(passes().length)} steps that XLA wrote down changed the program`, ...told].join(" · ");
    fill(limits, notes.map((note) => h("p.jx-quiet", {}, note)));
    const wanted = host.get("ui")?.pass;
    const known = passes()[wanted] ? wanted : -1;
    chosen = known >= 0 ? known : passes().findIndex((pass) => pass.changed);
    all = known >= 0 && !passes()[known].changed;
    unchanged.checked = all;
    drawReached();
  }

  function drawReached() {
    reached = passes().flatMap((pass, number) => {
      const found = fuzzy(pass.name, filter.value);
      return (all || pass.changed) && found ? [{ pass, number, found }] : [];
    });
    slider.max = String(Math.max(0, reached.length - 1));
    const held = reached.some(({ number }) => number === chosen);
    fill(list, reached.length
      ? reached.map(({ pass, number, found }) => h("li.jx-passes-item", { role: "option", id: `jx-pass-${number}`, "data-pass": number, "data-changed": String(pass.changed), title: `${pass.name} in ${pass.pipeline}` },
          h("span", {}, marked(pass.name, found)), h("small.jx-quiet", {}, delta(number))))
      : h("li.jx-quiet", {}, filter.value ? "No pass has these letters." : "No pass changed the program."));
    if (reached.length && !held) chosen = (reached.find(({ number }) => number > chosen) ?? reached.at(-1)).number;
    drawPass();
  }

  /** "−40", the instructions more or fewer. */
  function delta(number) {
    const change = passes()[number].instructions - before(number).instructions;
    return change ? `${change > 0 ? "+" : "−"}${integer(Math.abs(change))}` : "";
  }

  const before = (number) => passes()[number - 1] ?? record.header.first;

  function pick(number) {
    if (number === chosen) return;
    chosen = number;
    drawPass();
  }

  /** The pass on screen goes into the link once the slider rests. */
  function remember() {
    if (host.get("ui")?.pass !== chosen) host.pick({ pass: chosen });
  }

  function step(by) {
    if (!reached.length) return;
    const at = reached.findIndex(({ number }) => number === chosen);
    pick(reached[Math.max(0, Math.min(reached.length - 1, at + by))].number);
    remember();
  }

  function drawPass() {
    const at = reached.findIndex(({ number }) => number === chosen);
    strip.draw(reached.map(({ pass }) => pass), at);
    previous.disabled = at <= 0;
    next.disabled = at < 0 || at === reached.length - 1;
    slider.disabled = at < 0;
    slider.value = String(Math.max(0, at));
    count.textContent = at < 0 ? "" : `${integer(at + 1)} of ${integer(reached.length)}`;
    for (const item of list.querySelectorAll("[data-pass]")) {
      const on_ = Number(item.dataset.pass) === chosen;
      item.setAttribute("aria-selected", String(on_));
      if (!on_) continue;
      list.setAttribute("aria-activedescendant", item.id);
      const { offsetTop, offsetHeight } = item; // scrollIntoView would move the page too
      if (offsetTop < list.scrollTop || offsetTop + offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = offsetTop - list.clientHeight / 2;
    }
    if (at < 0) return void (fill(about), (diff.element.hidden = diff.choice.hidden = place.hidden = true));
    const pass = passes()[chosen];
    slider.setAttribute("aria-valuetext", `${pass.name}, ${at + 1} of ${reached.length}`);
    fill(about,
      h("h5.jx-passes-name", {}, pass.name, h("span.jx-quiet", { title: "The list of passes it ran in" }, ` in ${pass.pipeline}`), copying),
      h("p", {}, record.header.meanings[pass.name] || "What this pass does in general is not written down here yet."),
      h("p.jx-passes-did", {}, h("b", {}, "Here: "), pass.did),
      leaveOut(pass),
      h("dl.jx-passes-figures", {}, FIGURES.map((figure) => beforeAfter(figure, before(chosen)[figure.key], pass[figure.key]))));
    diff.element.hidden = diff.choice.hidden = place.hidden = !pass.changed;
    if (pass.changed) diff.show();
    drawPlace(null, []);
  }

  /** Where the panel can look again: the same program compiled without this pass, and compared. */
  function leaveOut({ name: of, optional }) {
    const subject = host.get(`subject/${name}`)?.header;
    if (!optional || !subject || !on.live()) return null;
    const off = [...subject.passes_off, of];
    return h("p.jx-passes-leave", {},
      h("button.jx-tool-button", { type: "button", onclick: () => host.command("set_passes_off", { passes: off }) }, "Look without this pass"),
      h("span.jx-quiet", {}, " Every time it runs is left out; what that changes is told under “Compared”."));
  }

  function beforeAfter({ key, name: of, show, help }, was, now) {
    if (was === null || now === null) return null;
    const way = now === was ? "same" : now > was ? "more" : "less";
    return h("div", { "data-figure": key, "data-way": way },
      h("dt.jx-term", { tabindex: "0", "data-hint": help }, of),
      h("dd", { title: `${integer(was)} before, ${integer(now)} after` }, way === "same" ? show(now) : [show(was) === show(now) ? `${show(now)}, ${show(Math.abs(now - was))} ${way}` : `${show(was)} → ${show(now)}`, way === "more" ? " ▲" : " ▼"]));
  }

  async function copyText() {
    const done = await copy(texts.text(chosen + 1).lines.join("\n"), element);
    said.textContent = done ? "copied" : "The browser refused the clipboard.";
    clearTimeout(saying);
    saying = window.setTimeout(() => (said.textContent = ""), 4000);
  }

  function drawPlace(row, spans) {
    if (!row) return void fill(place, h("p.jx-quiet", {}, record.header.linked ? "Point at a line to see where it comes from; click keeps that place." : ""));
    const names = shortNames(files);
    const own = spans.filter(({ detail, file }) => !detail && files[file]);
    fill(place, own.length
      ? h("ul.jx-sources-list", {}, own.slice(0, 4).map((span) => h("li", {}, h("button.jx-sources-place", { type: "button", onclick: () => on.keep(span) }, placeName(names[span.file], span)), placeCode(files[span.file].text, span), placeRule(span.rule))))
      : h("p.jx-quiet", {}, record.header.linked ? "This line comes from no line of your program: JAX or XLA added it." : "In passes as long as these, lines are not linked with your program."));
  }

  return {
    element,
    step,
    /**
     * @param {string} function_ the function on screen
     * @param {any[]} named the files of its source record
     * @param {number | null} ms that its compile took
     */
    draw(function_, named, ms) {
      const made = host.get(`passes/${function_}`);
      const waits = ask.waits(function_, made);
      const same = function_ === name && made === record && record && named === files;
      name = function_;
      files = named;
      compile = ms ?? 0;
      if (waits || same) return;
      record = made ?? null;
      texts = record && !record.header.reason ? passTexts(record) : null;
      if (texts) drawAll();
      else drawMissing();
    },
    destroy: ask.destroy,
  };
}
