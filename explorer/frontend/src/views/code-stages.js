/** The row of stages, from what JAX recorded to what runs on the device. */
import { fill, h } from "../dom.js";
import { integer } from "../format.js";

/** What the stages are called before a record says so. */
export const STAGES = [
  { stage: "jaxpr", title: "JAX recorded (jaxpr)" },
  { stage: "stablehlo", title: "Handed to XLA (StableHLO)" },
  { stage: "hlo", title: "Runs on the device (HLO)" },
];

/** @param {(stage: string) => void} onpick */
export function stageTabs(onpick) {
  const element = h("div.jx-stages", { role: "tablist", "aria-label": "Stages" });

  element.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const tabs = [...element.querySelectorAll("[role=tab]")];
    const to = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
    to.focus();
    to.click();
  });

  return {
    element,
    /**
     * @param {{stage: string, title: string, available: boolean, reason: string | null, lines: number | null}[]} stages
     * @param {string} chosen
     */
    draw(stages, chosen) {
      const focused = element.contains(element.getRootNode().activeElement);
      fill(element, stages.map(({ stage, title, available, reason, lines }, i) => [
        i ? h("span.jx-stages-arrow", { "aria-hidden": "true" }, "→") : null,
        h(available ? "button.jx-stage" : "button.jx-stage.jx-absent", {
          type: "button", role: "tab", "data-stage": stage, title: reason,
          "aria-selected": String(stage === chosen), tabindex: stage === chosen ? "0" : "-1",
          onclick: () => onpick(stage),
        }, title, h("small.jx-stage-lines", {}, !available ? "not available" : lines === null ? "" : `${integer(lines)} ${lines === 1 ? "line" : "lines"}`)),
      ]));
      if (focused) element.querySelector("[aria-selected=true]")?.focus();
    },
  };
}
