"""What the training lab costs: a call of a Recorder. Prints a table: python tests/benchmarks/lab.py"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

import explorer

CALLS, ROUNDS = 2_000, 15
BOUND_MS = 0.1


def recorder(given: Callable[[int], dict]) -> np.ndarray:
    """Return what a call adds to a loop, milliseconds by round: its reader reads beside it, and takes turns with it."""
    rec, step, found = explorer.Recorder(), 0, []
    work = np.ones((96, 96), np.float32)
    for _ in range(ROUNDS):
        values = [given(i) for i in range(CALLS)]
        began = time.perf_counter()
        for _ in values:
            work @ work
        plain = time.perf_counter() - began
        began = time.perf_counter()
        for each in values:
            work @ work
            rec(step, **each)
            step += 1
        found.append((time.perf_counter() - began - plain) / CALLS * 1e3)
    rec.close()
    assert len(rec.history.steps) == step
    return np.asarray(found)


def told(name: str, found: np.ndarray, bound: float | None = None) -> None:
    """Print the median with the middle half of the rounds, and whether it is within its bound."""
    low, middle, high = np.percentile(found, [25, 50, 75])
    verdict = "" if bound is None else f"  {'holds' if middle < bound else 'MISSED'}: under {bound} ms"
    print(f"{name:58} {middle:8.4f} ms   {low:.4f} to {high:.4f}{verdict}")


def main() -> None:
    """Measure, and print."""
    print(f"jax {jax.__version__} on {jax.default_backend()}, {platform.machine()}; {ROUNDS} rounds of {CALLS:,} calls")
    on_device = jnp.float32(0.5)
    params = {f"layer{i}": {"w": jnp.ones((64, 64)), "b": jnp.ones(64)} for i in range(4)}
    told("Recorder: loss, a Python number", recorder(lambda i: {"loss": 0.5 + i}), BOUND_MS)
    told("Recorder: loss, a JAX array", recorder(lambda i: {"loss": on_device}), BOUND_MS)
    told("Recorder: 4 numbers, JAX arrays", recorder(lambda i: dict.fromkeys("abc", on_device) | {"loss": i}), BOUND_MS)
    told(
        "Recorder: loss, grads and params of 8 arrays, each 10th",
        recorder(lambda i: {"loss": on_device, "grads": params, "params": params}),
    )


if __name__ == "__main__":
    main()
