/** What stands in the pane of a stage that is made only when somebody asks: what it is, and the button that makes it. */
import { h } from "../dom.js";
import { awaited } from "./awaited.js";

const ABOUT = {
  llvm_before: "For each kernel, XLA writes a program in the language of LLVM, a compiler for processors.",
  llvm: "What LLVM made of each kernel: loops unrolled, and several numbers at once where the processor can.",
  ptx: "The code of each kernel in PTX, the language that NVIDIA's own tools turn into machine code. Kernels that XLA calls from a library, such as cuDNN, are named.",
  asm: "The instructions of the processor, kernel by kernel. Products of matrices are not among them: a library computes those.",
};

/** @param {any} host */
export function machineButton(host) {
  const asked = awaited(host); // the function whose kernels were asked for

  const button = {
    /** @param {ReturnType<typeof import("./code-pane.js").codePane>} pane @param {string} name @param {{stage: string, language?: string}} told */
    say(pane, name, { stage, language }) {
      if (asked.what === name) return pane.say(h("span.jx-spinner", { "aria-hidden": "true" }), h("p", {}, "Compiling once more ..."));
      pane.say(h("p", {}, ABOUT[language === "ptx" ? language : stage]),
        h("button.jx-button", { type: "button", onclick: ask }, "Show the kernels"),
        h("p.jx-quiet", {}, "The program is compiled once more for it."));

      function ask() {
        asked.begin(name);
        host.command("machine", { function: name });
        button.say(pane, name, { stage, language });
      }
    },
    /** The kernels are there: they may be of another program the next time. */
    made() {
      asked.end();
    },
  };
  return button;
}
