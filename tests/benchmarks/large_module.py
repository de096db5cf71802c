"""A 24-layer language model and its gradient, on screen. Run: python tests/benchmarks/large_module.py

Prints the memory that looking at it takes beyond JAX's own, and how fast its panes open, light up, search and scroll in
JupyterLab in headless Chromium.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from screen import Screen, screen

HERE = Path(__file__).parent
MEMORY_MB, PAINT_S, HOVER_MS, SEARCH_MS, SCROLL_MS = 300, 1.0, 100, 300, 40
STAGES = ("source", "jaxpr", "stablehlo", "hlo_before", "hlo")

CHILD = """
import json, resource, sys, time
sys.path.insert(0, {here!r})
import jax
import language_model as lm
started = time.perf_counter()
if {plain}:
    lowered = jax.jit(lm.value_and_grad).trace(*lm.arguments({layers})).lower()
    kept = [lowered.as_text(), lowered.compile().as_text()]
    text = kept[1]
else:
    import explorer
    from explorer.records import encode
    seen = explorer.inspect(lm.value_and_grad, *lm.arguments({layers}))
    kept = [encode(record) for record in seen.records("function").values()]
    text = seen.stages["hlo"].text
took = time.perf_counter() - started
pages = int(open("/proc/self/statm").read().split()[1]) if sys.platform == "linux" else 0
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
now = pages * resource.getpagesize() or peak
count = sum(" = " in line for line in text.split("\\n"))
print(json.dumps({{"now": now, "peak": peak, "seconds": took, "instructions": count, "characters": len(text)}}))
"""

OPEN = """
import sys, time
sys.path.insert(0, {here!r})
import explorer, language_model as lm
seen = explorer.inspect(lm.value_and_grad, *lm.arguments({layers}))
done = time.time()
seen
"""
# Notes when each pane first shows text, in milliseconds of the epoch.
WATCH = """
window.painted = {};
const look = () => {
  for (const pane of document.querySelectorAll(".jx-code-pane")) {
    const { stage } = pane.dataset;
    if (!painted[stage] && pane.querySelector(".cm-line")?.textContent) painted[stage] = Date.now();
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
# Points at a line in the middle of a pane, as a mouse does; returns how long until it and a relative elsewhere are lit.
HOVER = """async (stage) => {
  const pane = document.querySelector(`.jx-code-pane[data-stage="${stage}"]`);
  const lines = [...pane.querySelectorAll(".cm-line")].filter((line) => line.textContent.includes(" = "));
  const line = lines[Math.floor(lines.length / 2)];
  const box = line.getBoundingClientRect();
  const at = { bubbles: true, clientX: box.left + 60, clientY: box.top + box.height / 2 };
  document.querySelector(".jx-figures, body").dispatchEvent(new MouseEvent("mouseleave"));
  const start = performance.now();
  line.dispatchEvent(new MouseEvent("mousemove", at));
  while (!pane.querySelector(".jx-line-hover")) {
    if (performance.now() - start > 5000) return Infinity;
    await new Promise(requestAnimationFrame);
  }
  const found = performance.now() - start;
  pane.querySelector(".cm-content").dispatchEvent(new MouseEvent("mouseleave"));
  await new Promise((done) => setTimeout(done, 60));
  return found;
}"""
SEARCH = """async ([stage, words]) => {
  const pane = document.querySelector(`.jx-code-pane[data-stage="${stage}"]`);
  const input = pane.querySelector("input[type=search]");
  const count = pane.querySelector(".jx-search-count");
  input.value = "";
  input.dispatchEvent(new Event("input", { bubbles: true }));
  while (count.textContent) await new Promise(requestAnimationFrame);
  input.value = words;
  const start = performance.now();
  input.dispatchEvent(new Event("input", { bubbles: true }));
  while (!count.textContent) await new Promise(requestAnimationFrame);
  return [performance.now() - start, count.textContent];
}"""
SCROLL = """async (stage) => {
  const scroller = document.querySelector(`.jx-code-pane[data-stage="${stage}"] .cm-scroller`);
  const frames = [];
  let last = performance.now();
  for (let i = 0; i < 150; i += 1) {
    scroller.scrollTop += i % 50 === 49 ? scroller.scrollHeight / 4 : 250;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  return frames.slice(1);
}"""
TO_LINE = """([stage, share]) => {
  const scroller = document.querySelector(`.jx-code-pane[data-stage="${stage}"] .cm-scroller`);
  scroller.scrollIntoView({ block: "center" });  // what came since may have pushed the panes out of sight
  scroller.scrollTop = scroller.scrollHeight * share;
}"""


def child(plain: bool, layers: int) -> dict[str, float]:
    """Look at the program in a process of its own, with JAX alone or with the explorer."""
    code = CHILD.format(here=str(HERE), plain=plain, layers=layers)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    return json.loads(done.stdout.splitlines()[-1])


def memory(layers: int) -> None:
    """Print what the explorer's own records and texts take."""
    plain, ours = child(True, layers), child(False, layers)
    print(f"{layers} layers: {ours['instructions']:,.0f} HLO instructions, {ours['characters'] / 1e6:.1f} MB of text")
    for name in ("now", "peak"):
        more = (ours[name] - plain[name]) / 1e6
        verdict = "met" if more <= MEMORY_MB else "missed"
        print(f"process, {name}: JAX {plain[name] / 1e6:,.0f} MB, explorer {ours[name] / 1e6:,.0f} MB: "
              f"{more:+,.0f} MB, target <= {MEMORY_MB}: {verdict}")  # fmt: skip
    print(f"time until everything is there: JAX {plain['seconds']:.1f} s, explorer {ours['seconds']:.1f} s")


def verdict(name: str, values: list[float], target: float, unit: str, quantile: float = 0.5) -> None:
    """Print a quantile of some measurements beside its target."""
    at = sorted(values)[min(len(values) - 1, int(quantile * len(values)))]
    word = "met" if at <= target else "missed"
    print(f"{name}: {at:.3g} {unit} (worst of {len(values)}: {max(values):.3g}), target < {target:g}: {word}")


def on_screen(layers: int) -> None:
    """Print how fast the panes are."""
    cell = OPEN.format(here=str(HERE), layers=layers)
    with screen(cell, script=WATCH, seconds=600) as shown:
        shown.page.wait_for_function("Object.keys(painted).length > 0", timeout=60_000)
        first = min(shown.page.evaluate("painted").values()) / 1e3 - shown.ask("done")
        verdict("first paint after XLA is done", [first], PAINT_S, "s")
        for stage in STAGES:
            open_pane(shown, stage)
        for stage in ("jaxpr", "stablehlo", "hlo"):
            hovers = []
            for share in (0.1, 0.3, 0.5, 0.7, 0.9):
                shown.page.evaluate(TO_LINE, [stage, share])
                shown.page.wait_for_timeout(300)
                hovers.append(shown.page.evaluate(HOVER, stage))
            verdict(f"hover to highlight, {stage}", hovers, HOVER_MS, "ms")
        for words in ("fusion", "f32[4,128,256]", "zzz"):
            took, found = shown.page.evaluate(SEARCH, ["hlo", words])
            verdict(f"search for {words!r} ({found})", [took], SEARCH_MS, "ms")
        for stage in ("stablehlo", "hlo"):
            verdict(f"frames while {stage} scrolls", shown.page.evaluate(SCROLL, stage), SCROLL_MS, "ms", 0.95)


def open_pane(shown: Screen, stage: str) -> None:
    """Open a stage's pane where it is not, and print how long that took."""
    if shown.page.evaluate("(stage) => stage in painted", stage):
        return
    started = time.time()
    shown.root.locator(f'button.jx-stage[data-stage="{stage}"]').click()
    shown.page.wait_for_function("(stage) => stage in painted", arg=stage, timeout=60_000)
    print(f"{stage} opened in {shown.page.evaluate('(stage) => painted[stage]', stage) / 1e3 - started:.2f} s")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--layers", type=int, default=24)
    layers = parser.parse_args().layers
    memory(layers)
    on_screen(layers)


if __name__ == "__main__":
    main()
