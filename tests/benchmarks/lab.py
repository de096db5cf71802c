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
    """Return what each call takes, milliseconds, in a loop that works between them while the reader reads beside it."""
    rec, step, found = explorer.Recorder(), 0, []
    work = np.ones((96, 96), np.float32)
    for _ in range(ROUNDS):
        for each in [given(i) for i in range(CALLS)]:
            work @ work
            began = time.perf_counter()
            rec(step, **each)
            found.append((time.perf_counter() - began) * 1e3)
            step += 1
    rec.close()
    assert len(rec.history.steps) == step
    return np.asarray(found)


def told(name: str, found: np.ndarray, bound: float | None = None) -> None:
    """Print the median, the mean and what one call in a hundred takes, and whether the mean is within its bound."""
    middle, late = np.percentile(found, [50, 99])
    mean = found.mean()
    verdict = "" if bound is None else f"  {'holds' if mean < bound else 'MISSED'}: mean under {bound} ms"
    print(f"{name:56} median {middle:.4f} ms, mean {mean:.4f} ms, 99th {late:.4f} ms{verdict}")


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
