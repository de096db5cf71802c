"""Steps a second with the widget open and drawing, against a bare scan. Run: python tests/benchmarks/drawing.py

Everything runs in the notebook's kernel, in a thread, so that the kernel can answer the screen meanwhile; bare and
drawn training alternate in random order.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from compare import ratio
from screen import screen
from throughput import NETWORKS, TARGETS

HERE = Path(__file__).parent

SETUP = """
import sys, threading
sys.path.insert(0, {here!r})
import numpy as np
import explorer, small_network, throughput
from explorer.training.config import RunConfig
small_network.add()
app = explorer.Explorer(model={model!r}, batch_size=32, steps={total})
app
"""

MEASURE = """
def work():
    global found
    bare = throughput.bare(app.config.but(diagnostics=0, eval_every=0), {steps})
    drawn = throughput.measured(app.run, {steps})
    found = throughput.interleaved({{"bare": bare, "drawing": drawn}}, {pairs})
found = None
threading.Thread(target=work).start()
"""


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=30)
    pairs = parser.parse_args().pairs
    for name, (model, steps) in NETWORKS.items():
        steps *= 2  # long enough that several frames are drawn in each round
        with screen(SETUP.format(here=str(HERE), model=model, total=steps * (pairs + 3))) as shown:
            shown.root.locator('[data-command="start"]:enabled').wait_for()
            shown.until("app.wait(0)")
            shown.do(MEASURE.format(steps=steps, pairs=pairs))
            shown.until("found is not None", 900)
            found = shown.ask("found")
            step = shown.root.locator('[role="progressbar"]').first.get_attribute("aria-valuenow")
            assert int(step or 0) > steps, "the screen did not follow"
            against = ratio(found["drawing"], found["bare"]).against(TARGETS["drawing"])
            print(f"{name}, batch 32, {pairs} rounds of {steps:,} steps, widget open: to bare {against}")


if __name__ == "__main__":
    main()
