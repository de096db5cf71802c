"""What `import explorer` adds to what its reader imports anyway. Run: python tests/benchmarks/import_cost.py

Each measurement is a fresh process, interleaved in random order:
  theirs     import jax, ipywidgets, plotly
  ours       the same, then import explorer
  explorer   the same, then explorer.Explorer, which brings in everything that an explorer needs
  alone      import explorer, and nothing else
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from functools import partial

from compare import interleaved, ratio

THEIRS = "import jax, ipywidgets, plotly"
CASES = {
    "theirs": THEIRS,
    "ours": f"{THEIRS}; import explorer",
    "explorer": f"{THEIRS}; import explorer; explorer.Explorer",
    "alone": "import explorer",
}
TARGET = 1.1


def seconds(code: str) -> float:
    """Return how long `code` takes in a process of its own, without the start of Python."""
    timed = f"import time; start = time.perf_counter(); {code}; print(time.perf_counter() - start)"
    return float(subprocess.run([sys.executable, "-c", timed], capture_output=True, check=True).stdout)


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=15)
    pairs = parser.parse_args().pairs
    for code in CASES.values():  # so that no measurement compiles bytecode or reads a cold disk
        seconds(code)
    found = interleaved({name: partial(seconds, code) for name, code in CASES.items()}, pairs)
    for name, code in CASES.items():
        print(f"  {name:9} {sorted(found[name])[pairs // 2]:7.3f} s  {code}")
    print(f"  ours to theirs     {ratio(found['ours'], found['theirs']).below(TARGET)}")
    first = ratio(found["explorer"], found["theirs"])
    print(f"  explorer to theirs {first.median:6.2f}  [{first.low:.2f}, {first.high:.2f}]  (no target; mostly optax)")


if __name__ == "__main__":
    main()
