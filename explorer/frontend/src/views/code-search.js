/** The search field above the code: how many matches there are, and the way from one to the next. */
import { h } from "../dom.js";
import { integer } from "../format.js";
import { lowerBound, matchesOf } from "./code-matches.js";

/**
 * @param {{text: () => string, position: () => number, mark: (starts: number[], length: number, current: number) => void, leave: () => void}} pane
 */
export function searchBar(pane) {
  let starts = [];
  let current = -1;
  let timer = 0;
  const input = h("input.jx-search-input", { type: "search", placeholder: "Search", title: "Press / to come here", "aria-label": "Search this text", autocomplete: "off", spellcheck: "false" });
  const count = h("output.jx-search-count", { "aria-live": "polite" });
  const matchCase = h("button.jx-tool", { type: "button", "aria-pressed": "false", title: "Match upper and lower case", "aria-label": "Match case" }, "Aa");
  const previous = h("button.jx-tool", { type: "button", title: "Previous match (Shift Enter)", "aria-label": "Previous match" }, "↑");
  const next = h("button.jx-tool", { type: "button", title: "Next match (Enter)", "aria-label": "Next match" }, "↓");

  function draw() {
    count.textContent = !input.value ? "" : starts.length ? `${integer(current + 1)} of ${integer(starts.length)}` : "no match";
    previous.disabled = next.disabled = starts.length === 0;
    pane.mark(starts, input.value.length, current);
  }
  function search() {
    clearTimeout(timer);
    timer = 0;
    starts = matchesOf(pane.text(), input.value, matchCase.ariaPressed === "true");
    const from = lowerBound(starts, pane.position());
    current = starts.length ? from % starts.length : -1;
    draw();
  }
  function go(step) {
    if (timer) search();
    else if (starts.length) {
      current = (current + step + starts.length) % starts.length;
      draw();
    }
  }
  const clear = () => {
    input.value = "";
    search();
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(search, pane.text().length > 1e6 ? 60 : 0);
  });
  input.addEventListener("keydown", (event) => {
    event.stopPropagation(); // letters typed here are no shortcuts
    if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") {
      clear();
      pane.leave();
    } else return;
    event.preventDefault();
  });
  matchCase.addEventListener("click", () => {
    matchCase.ariaPressed = String(matchCase.ariaPressed !== "true");
    search();
  });
  previous.addEventListener("click", () => go(-1));
  next.addEventListener("click", () => go(1));
  previous.disabled = next.disabled = true;

  return {
    element: h("div.jx-search", { role: "search" }, input, count, matchCase, previous, next),
    open() {
      input.focus();
      input.select();
    },
    /** Look again, in a new text. */
    again: () => input.value && search(),
    destroy: () => clearTimeout(timer),
  };
}
