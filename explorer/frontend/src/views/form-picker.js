/**
 * A picker: a combobox whose list says, under an option that does not fit, why. The common options come first,
 * the others behind "all 46"; typing narrows the list.
 */
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";

const COMMON = "Common";

/** @param {string} id @param {(value: any) => void} send */
export function picker(id, send) {
  let field = { options: [], value: null, label: "" };
  let all = false;
  let typed = "";
  let active = -1;
  let rows = []; // what the arrow keys walk through: options and the row that shows all

  const shown = h("span.jx-picker-value");
  const button = h("button.jx-picker", { type: "button", id, role: "combobox", "aria-haspopup": "listbox", "aria-expanded": "false", "aria-controls": `${id}-list` }, shown, icon("open"));
  const list = h("div.jx-picker-list", { role: "listbox", id: `${id}-list`, "aria-labelledby": `${id}-label`, tabindex: "-1" });
  const said = h("p.jx-picker-typed", { "aria-live": "polite", hidden: true });
  const popup = h("div.jx-picker-popup", { popover: "manual" }, said, list);
  const element = h("div.jx-picker-slot", {}, button, popup);
  const over = new AbortController();

  const isOpen = () => button.getAttribute("aria-expanded") === "true";

  function open() {
    if (isOpen()) return;
    all = !field.options.some((option) => option.group === COMMON) || field.options.find((option) => option.value === field.value)?.group !== COMMON;
    typed = "";
    popup.showPopover?.();
    button.setAttribute("aria-expanded", "true");
    build(field.value);
    place();
    addEventListener("pointerdown", outside, { capture: true, signal: over.signal });
    addEventListener("scroll", scrolled, { capture: true, signal: over.signal });
    addEventListener("resize", close, { signal: over.signal });
  }

  function close() {
    if (!isOpen()) return;
    popup.hidePopover?.();
    button.setAttribute("aria-expanded", "false");
    button.removeAttribute("aria-activedescendant");
    removeEventListener("pointerdown", outside, { capture: true });
    removeEventListener("scroll", scrolled, { capture: true });
    removeEventListener("resize", close);
  }

  const outside = (event) => event.composedPath().includes(element) || close();
  const scrolled = (event) => event.target === list || close();

  /** Under the button, or above it where there is more room; the list scrolls, the page does not. */
  function place() {
    const box = button.getBoundingClientRect();
    const below = innerHeight - box.bottom - 12;
    const above = box.top - 12;
    const up = below < 220 && above > below;
    popup.style.minWidth = `${box.width}px`;
    popup.style.maxHeight = `${Math.min(420, up ? above : below)}px`;
    popup.style.left = `${Math.max(4, Math.min(box.left, innerWidth - popup.offsetWidth - 4))}px`;
    popup.style.top = up ? "auto" : `${box.bottom + 3}px`;
    popup.style.bottom = up ? `${innerHeight - box.top + 3}px` : "auto";
  }

  function build(focused) {
    const words = typed.toLowerCase();
    const fits = ({ label, value }) => !words || `${label} ${value}`.toLowerCase().includes(words);
    const options = field.options.filter((option) => (words || all || option.group === COMMON) && fits(option));
    rows = [];
    const children = [];
    for (const group of new Set(options.map((option) => option.group ?? ""))) {
      const own = options.filter((option) => (option.group ?? "") === group).map(row);
      const title = group && h("div.jx-picker-group", { role: "presentation" }, group);
      children.push(h("div", { role: "group", "aria-label": group || null }, title, own));
    }
    if (!words && !all) children.push(allRow());
    if (!rows.length) children.push(h("p.jx-picker-none", {}, `Nothing here is called “${typed}”.`));
    fill(list, children);
    said.hidden = !words;
    said.textContent = typed;
    activate(Math.max(0, rows.findIndex((each) => each.value === focused)));
  }

  function row(option) {
    const chosen = option.value === field.value;
    const below = option.reason ?? option.needs ?? option.help;
    const closed = Boolean(option.reason ?? option.needs);
    const node = h("div.jx-option", { role: "option", id: `${id}-${rows.length}`, "aria-selected": String(chosen), "aria-disabled": closed ? "true" : null },
      h("span.jx-option-check", {}, chosen && icon("check")),
      h("span.jx-option-text", {}, h("span.jx-option-label", {}, option.label), below && h("span.jx-option-below", { "data-why": closed ? "" : null }, option.reason ? `Does not fit: ${option.reason}` : below)),
    );
    const at = rows.length;
    node.addEventListener("click", () => choose(at));
    node.addEventListener("pointermove", () => at !== active && activate(at, false));
    rows.push({ node, value: option.value, act: closed ? null : () => pick(option.value) });
    return node;
  }

  function allRow() {
    const at = rows.length;
    const node = h("div.jx-option.jx-option-all", { role: "option", id: `${id}-${at}`, "aria-selected": "false" }, h("span.jx-option-check"), h("span.jx-option-text", {}, `All ${field.options.length} …`));
    const act = () => {
      all = true;
      const first = field.options.find((option) => option.group !== COMMON);
      build(first?.value);
      place();
    };
    node.addEventListener("click", act);
    node.addEventListener("pointermove", () => at !== active && activate(at, false));
    rows.push({ node, value: undefined, act });
    return node;
  }

  function activate(at, scroll = true) {
    rows[active]?.node.removeAttribute("data-active");
    active = at;
    const node = rows[at]?.node;
    if (!node) return button.removeAttribute("aria-activedescendant");
    node.setAttribute("data-active", "");
    button.setAttribute("aria-activedescendant", node.id);
    if (scroll) node.scrollIntoView({ block: "nearest" });
  }

  const choose = (at) => rows[at]?.act?.();

  function pick(value) {
    close();
    button.focus();
    if (value !== field.value) send(value);
  }

  function narrow(text) {
    typed = text;
    build(field.value);
  }

  button.addEventListener("click", () => (isOpen() ? close() : open()));
  button.addEventListener("focusout", () => requestAnimationFrame(() => element.matches(":focus-within") || close()));
  popup.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays on the button
  button.addEventListener("keydown", (event) => {
    const { key } = event;
    const printable = key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!isOpen()) {
      if (!["ArrowDown", "ArrowUp", "Enter", " "].includes(key)) return;
      event.preventDefault();
      return open();
    }
    const act = {
      ArrowDown: () => activate(Math.min(rows.length - 1, active + 1)),
      ArrowUp: () => activate(Math.max(0, active - 1)),
      Home: () => activate(0),
      End: () => activate(rows.length - 1),
      Enter: () => choose(active),
      Escape: close,
      Tab: close,
      Backspace: () => narrow(typed.slice(0, -1)),
    }[key] ?? (key === " " && !typed ? () => choose(active) : printable ? () => narrow(typed + key) : null);
    if (!act) return;
    if (key !== "Tab") event.preventDefault();
    event.stopPropagation();
    act();
  });

  return {
    element,
    input: button,
    draw(wanted) {
      const changed = JSON.stringify(wanted) !== JSON.stringify(field);
      field = { ...wanted, options: wanted.options ?? [] };
      shown.textContent = field.options.find((option) => option.value === field.value)?.label ?? String(field.value ?? "–");
      button.disabled = Boolean(field.disabled);
      if (field.disabled) close();
      else if (changed && isOpen()) build(rows[active]?.value);
    },
    cleanup() {
      close();
      over.abort();
    },
  };
}
