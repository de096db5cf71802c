/** The stages in their order, and the row of buttons that opens and closes their panes. */
import { fill, h } from "../dom.js";
import { integer } from "../format.js";

/** What the stages are called before a record says so; `term` is the word for counts; `late`: made when asked for. */
export const STAGES = [
  { stage: "source", title: "You wrote (Python)", term: "Python" },
  { stage: "jaxpr", title: "JAX recorded (jaxpr)", term: "jaxpr" },
  { stage: "stablehlo", title: "Handed to XLA (StableHLO)", term: "StableHLO" },
  { stage: "hlo_before", title: "Before optimization (HLO)", term: "HLO before optimization" },
  { stage: "hlo", title: "Runs on the device (HLO)", term: "HLO" },
  { stage: "llvm_before", title: "Kernels (LLVM IR)", term: "LLVM IR before optimization", late: true },
  { stage: "llvm", title: "Kernels optimized (LLVM IR)", term: "LLVM IR", late: true },
  { stage: "asm", title: "Machine code (disassembly)", term: "machine code", late: true },
];

export const TERMS = Object.fromEntries(STAGES.map(({ stage, term }) => [stage, term]));

const TERM = /\((.+)\)$/;

/** @typedef {{stage: string, title: string, available: boolean, reason: string | null, lines: number | null, late?: boolean}} Told */

/** @param {(stage: string) => void} onpick */
export function stageButtons(onpick) {
  const element = h("div.jx-stages", { "aria-label": "Stages" });

  element.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const buttons = [...element.querySelectorAll("button")];
    const to = buttons[(buttons.indexOf(event.target) + step + buttons.length) % buttons.length];
    to.focus();
    if (to.role === "tab") to.click();
  });

  return {
    element,
    /**
     * @param {Told[]} stages
     * @param {string[]} open
     * @param {boolean} single one at a time: they are tabs then
     */
    draw(stages, open, single) {
      const focused = element.getRootNode().activeElement?.dataset?.stage;
      const held = element.contains(element.getRootNode().activeElement);
      element.setAttribute("role", single ? "tablist" : "group");
      fill(element, stages.map(({ stage, title, available, reason, lines, late }, i) => {
        const on = open.includes(stage);
        const state = single ? { role: "tab", "aria-selected": String(on), tabindex: on ? "0" : "-1" } : { "aria-pressed": String(on) };
        const count = available && late && lines === null ? "on demand" : !available ? "not available" : lines === null ? "" : `${integer(lines)} ${lines === 1 ? "line" : "lines"}`;
        return [
          i ? h("span.jx-stages-arrow", { "aria-hidden": "true" }, "→") : null,
          h(available ? "button.jx-stage" : "button.jx-stage.jx-absent", {
            type: "button", "data-stage": stage, title: reason ?? (single ? null : on ? "Close this pane" : "Open this pane"), ...state, onclick: () => onpick(stage),
            "aria-label": title,
          }, h("span", {}, title.split(" (")[0]), h("small.jx-stage-lines", {}, [TERM.exec(title)?.[1], count].filter(Boolean).join(" · "))),
        ];
      }));
      if (held) element.querySelector(`[data-stage="${focused}"]`)?.focus();
    },
  };
}
