/** Passes of XLA's that are switched off and other compiler options, as chips; another is picked or typed as name=value. */
import { fill, h } from "../dom.js";

let lists = 0; // a datalist is found by its id, of which a page may have several

/**
 * @param {{options: (options: Record<string, any>) => void, passes: (names: string[]) => void}} send
 */
export function optionChips(send) {
  /** @type {any} */
  let header = null;
  const known = h("datalist", { id: `jx-compiler-options-${(lists += 1)}` });
  const help = h("p.jx-quiet.jx-option-help", { "aria-live": "polite" });
  const input = h("input.jx-input.jx-option-input", {
    list: known.id, placeholder: "name=value", "aria-label": "Another compiler option, as name=value", autocomplete: "off", spellcheck: "false", size: "34",
    oninput: () => explain(), onchange: () => add(), onkeydown: (event) => event.stopPropagation(), // letters typed here are no shortcuts
  });
  const chips = h("ul.jx-chips.jx-option-chips", { "aria-label": "Compiler options" });
  const element = h("div.jx-options", {}, h("div.jx-chips-row", {}, chips, input, known), help);

  const about = (name) => header.known_options.find((each) => each.name === name);
  const said = (value) => (typeof value === "boolean" ? String(value) : `${value}`);

  function explain() {
    const found = about(input.value.split("=", 1)[0].trim());
    fill(help, found ? `${found.help} Allowed: ${found.values.map(said).join(", ")}.` : "");
  }

  function add() {
    const cut = input.value.indexOf("=");
    if (cut <= 0 || !input.value.slice(cut + 1).trim()) return; // still being typed
    send.options({ ...header.compiler_options, [input.value.slice(0, cut).trim()]: input.value.slice(cut + 1).trim() });
  }

  function chip(label, title, remove) {
    return h("li.jx-chip.jx-option-chip", {}, h("span.jx-option-name", { title }, label),
      h("button.jx-chip-remove", { type: "button", "aria-label": `Take away ${label}`, title: "Take it away", onclick: remove }, "×"));
  }

  return {
    element,
    /** @param {any} now the header of the subject */
    draw(now) {
      if (header && JSON.stringify(now.compiler_options) !== JSON.stringify(header.compiler_options)) input.value = "";
      header = now;
      fill(known, now.known_options.flatMap(({ name, help: words, values }) => values.map((value) => h("option", { value: `${name}=${said(value)}` }, words))));
      fill(chips,
        now.passes_off.map((name) => chip(`without ${name}`, "A pass of XLA's that is switched off", () => send.passes(now.passes_off.filter((each) => each !== name)))),
        Object.entries(now.compiler_options).map(([name, value]) => chip(`${name}=${said(value)}`, about(name)?.help ?? "An option of XLA's", () => {
          const { [name]: _, ...rest } = now.compiler_options;
          send.options(rest);
        })));
      chips.hidden = !chips.childElementCount;
      explain();
    },
  };
}

/** "without fusion, xla_cpu_max_isa=AVX", where nothing can be changed. */
export const optionsInWords = ({ passes_off: off, compiler_options: options }) =>
  [...off.map((name) => `without ${name}`), ...Object.entries(options).map(([name, value]) => `${name}=${value}`)].join(", ") || "as XLA has them";
