"""How a process grows over a million steps of linear regression. Run: python tests/benchmarks/memory.py

In a fresh process, one run of 1,000 steps goes first, so that what JAX keeps once does not count. The growth is of the
memory that is held at the end against what was held after that; the largest in between is printed too.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import subprocess
import sys
import time

import explorer

TARGET_MB = 60


def held_mb() -> float:
    """Return the memory that this process holds now (its resident set), MB."""
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 1e6
    kilobytes = subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, check=True).stdout
    return int(kilobytes) * 1024 / 1e6


def main() -> int:
    """Print the growth; returns 1 when it misses its target."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1_000_000)
    steps = parser.parse_args().steps
    config = explorer.RunConfig(model="linear-regression")
    warm = explorer.train(config.but(steps=1000), progress=False)
    del warm
    gc.collect()
    before, started = held_mb(), time.perf_counter()
    print(f"held after 1,000 steps: {before:.0f} MB", flush=True)
    run = explorer.train(config.but(steps=steps), wait=False)
    most = before
    while run.status == "running":
        time.sleep(0.2)
        most = max(most, held_mb())
    run.wait()
    gc.collect()
    after = held_mb()
    size = sum(run.history.column(name).nbytes for name in run.history.columns)
    print(f"held after {steps:,} more: {after:.0f} MB, {most:.0f} at most, in {time.perf_counter() - started:.0f} s")
    print(f"the history of the run: {len(run.history.columns)} columns, {size / 1e6:.1f} MB of values")
    met = after - before < TARGET_MB
    verdict = "met" if met else "missed"
    print(f"growth {after - before:.1f} MB, {most - before:.1f} at most  target < {TARGET_MB}: {verdict}")
    return 0 if met and run.status == "finished" else 1


if __name__ == "__main__":
    sys.exit(main())
