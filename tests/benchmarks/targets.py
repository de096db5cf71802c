"""How long a program for a machine that is not here takes, from the call to all texts: cold, warm, and seen before.

    python tests/benchmarks/targets.py           # for every compiler that is installed
    python tests/benchmarks/targets.py 8         # the median of so many runs

The train step of a 784-256-10 network with Adam, in a warm process: under 5 s.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax.sharding import PartitionSpec as P

import explorer
from explorer.compiler.targets.installed import is_installed, to_install
from explorer.compiler.targets.process import process_for
from explorer.compiler.targets.target import parsed

WARM_S = 5.0
S = jax.ShapeDtypeStruct
OPTIMIZER = optax.adam(1e-3)
TARGETS = ("tpu-v5e:2x2", "tpu-v4", "tpu-v5p", "tpu-v6e", "tpu-7x", "gpu-a100", "gpu-h100", "gpu-b200")
MANY = ("tpu-v6e:16x16", "gpu-h100:64")


def loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    """Return the cross entropy of a network with one hidden layer."""
    (w1, b1), (w2, b2) = params
    logits = jax.nn.relu(x @ w1 + b1) @ w2 + b2
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


def step(params: Any, state: Any, x: jax.Array, y: jax.Array) -> Any:
    """Take one step of Adam."""
    updates, state = OPTIMIZER.update(jax.grad(loss)(params, x, y), state, params)
    return optax.apply_updates(params, updates), state


def arguments(batch: int) -> tuple[Any, ...]:
    """Return the shapes of the step's arguments; another batch makes another program."""
    params = [(S((i, o), jnp.float32), S((o,), jnp.float32)) for i, o in ((784, 256), (256, 10))]
    return params, jax.eval_shape(OPTIMIZER.init, params), S((batch, 784), jnp.float32), S((batch,), jnp.int32)


def looked(target: str, batch: int, **options: Any) -> tuple[float, Any]:
    """Return the seconds of a look with its texts and links, and the look."""
    start = time.perf_counter()
    found = explorer.inspector(target=target, **options)(step, *arguments(batch))
    if not found.stages["hlo"].available:
        raise SystemExit(f"{target}: {found.stages['hlo'].reason}")
    found.records()
    return time.perf_counter() - start, found


def main(runs: int) -> None:
    """Print the seconds, and fail where a warm process takes too long."""
    late = []
    print(f"{'target':<16}{'cold s':>9}{'warm s':>9}{'of it XLA s':>13}{'again s':>9}{'collectives':>13}")
    for target in (*TARGETS, *MANY):
        family = parsed(target).family
        if not is_installed(family):
            print(f"{target:<16} not installed: {to_install(family)}")
            continue
        over: dict[str, Any] = {}
        if target in MANY:
            over = {"mesh": {"data": parsed(target).chips}, "specs": (None, None, P("data"), P("data"))}
        process_for(family).close()
        cold, _ = looked(target, 512, **over)
        # from one line: where a function is looked at from is part of its program
        *warm, (again, found) = [looked(target, 512 * batch, **over) for batch in (*range(2, 2 + runs), 2)]
        seconds = statistics.median(taken for taken, _ in warm)
        xla = statistics.median(one.times_ms["compile"] for _, one in warm) / 1e3
        print(f"{target:<16}{cold:>9.2f}{seconds:>9.2f}{xla:>13.2f}{again:>9.2f}{len(found.collectives):>13,}")
        if seconds > WARM_S:
            late.append(target)
    if late:
        raise SystemExit(f"Over {WARM_S:g} s in a warm process: {', '.join(late)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
