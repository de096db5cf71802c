"""How soon the graph of a large program is seen: a language model of 24 layers and its gradient.

    python tests/benchmarks/graph.py                # in the kernel, and from the click to the picture in JupyterLab
    python tests/benchmarks/graph.py --layers 12

The first readable picture stands at most 1 s after the click; each further one, such as the inside of a fusion, too.
"""

from __future__ import annotations

import argparse

from large_module import HERE, OPEN, verdict
from screen import Screen, screen

SECOND = 1.0
RUNS = 5
# How long the kernel takes for the records of one click, each time as if for the first time.
KERNEL = """
from explorer.compiler.graph.of import graphs_of
def kernel_s(stage):
    seen._graphs.clear()
    start = time.perf_counter()
    graphs_of(seen, "function", stage)
    return time.perf_counter() - start
"""
CLICKS = (
    ("from the click to the first picture", ".jx-graph .jx-on-demand button"),
    ("to the inside of a fusion", ".jx-graph-open"),
    ("to the jaxpr", '.jx-graph-stages [aria-checked="false"]'),
)
# Clicks on what a selector finds, and returns the milliseconds until another picture stands.
CLICK = """async (selector) => {
  const names = () => [...document.querySelectorAll(".jx-graph-name")].map((name) => name.textContent).join();
  const before = names();
  const start = performance.now();
  document.querySelector(selector).dispatchEvent(new MouseEvent("click", { bubbles: true }));
  while (names() === before || !names()) {
    if (performance.now() - start > 60000) throw new Error(`nothing came of a click on ${selector}`);
    await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""


def in_the_kernel(shown: Screen) -> None:
    """Print how long the records take to make."""
    shown.do(KERNEL)
    for stage in ("hlo", "jaxpr"):
        took = [float(shown.ask(f"kernel_s({stage!r})")) for _ in range(RUNS)]
        verdict(f"kernel, the record of the {stage}", took, SECOND, "s")


def on_screen(shown: Screen) -> None:
    """Print how long each click takes, as a person makes them."""
    for name, selector in CLICKS:
        shown.page.wait_for_timeout(2_000)
        took = shown.page.evaluate(CLICK, selector)
        count = shown.root.locator(".jx-graph-count").inner_text()
        verdict(f"{name} ({count})", [took / 1e3], SECOND, "s")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=24)
    layers = parser.parse_args().layers
    with screen(OPEN.format(here=str(HERE), layers=layers), seconds=600) as shown:
        shown.page.locator(".jx-findings-list li").first.wait_for(timeout=120_000)  # the figures are there
        on_screen(shown)
        in_the_kernel(shown)


if __name__ == "__main__":
    main()
