"""What the passes cost, beside a plain compile, and how large they are in a page.

    python tests/benchmarks/passes.py            # a sum, a train step with Adam, a language model of 2 layers
    python tests/benchmarks/passes.py 24         # and a language model of 24 layers

All passes with their differences take at most 2 times the plain compile, or that and 1 s for a small function; 1.4 MB
of passes are at most 200 kB in a page.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import language_model
import optax

import explorer
from explorer import embed

TIMES, SECOND = 2.0, 1.0
PAGE = 200_000 / 1_400_000  # bytes in a page for each byte of text
RUNS = 5


def network() -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return the train step of a 784-256-64-10 network with Adam, and its arguments as shapes."""
    optimizer = optax.adam(1e-3)

    def loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        for w, b in params[:-1]:
            x = jax.nn.relu(x @ w + b)
        w, b = params[-1]
        return optax.softmax_cross_entropy_with_integer_labels(x @ w + b, y).mean()

    def step(params: Any, state: Any, x: jax.Array, y: jax.Array) -> Any:
        value, gradient = jax.value_and_grad(loss)(params, x, y)
        updates, state = optimizer.update(gradient, state, params)
        return optax.apply_updates(params, updates), state, value

    spec = jax.ShapeDtypeStruct
    params = [(spec((i, o), jnp.float32), spec((o,), jnp.float32)) for i, o in [(784, 256), (256, 64), (64, 10)]]
    state = jax.eval_shape(optimizer.init, params)
    return step, (params, state, spec((128, 784), jnp.float32), spec((128,), jnp.int32))


def seconds(do: Callable[[], Any], runs: int) -> float:
    """Return the median of some runs."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        do()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def report(name: str, fn: Callable[..., Any], args: tuple[Any, ...], runs: int = RUNS) -> bool:
    """Print the figures of one program; returns whether the bounds are kept."""
    lowered = jax.jit(fn).lower(*args)
    looked = [explorer.inspect(lowered) for _ in range(runs)]
    fresh = iter([jax.jit(lambda *args: fn(*args)).lower(*args) for _ in range(runs)])
    plain = seconds(lambda: next(fresh).compile(), runs)
    todo = iter(looked)
    all_passes = seconds(lambda: next(todo).passes, runs)
    passes = looked[0].passes
    start = time.perf_counter()
    record = passes.record("f")
    recorded = time.perf_counter() - start
    texts = sum(len(p.text) for p in passes)
    page = len(embed.inline(record))
    cheap = all_passes <= max(TIMES * plain, plain + SECOND)
    small = page <= max(PAGE * texts, 20_000)
    print(
        f"{name}: {len(passes)} snapshots, {sum(p.changed for p in passes)} changed; plain compile {plain:.2f} s, "
        f"passes with differences {all_passes:.2f} s ({all_passes / plain:.2f} times){'' if cheap else ' TOO SLOW'}; "
        f"record {recorded:.2f} s; {texts / 1e6:.2f} MB of text, {page / 1e3:.0f} kB in a page "
        f"({page / texts:.1%}){'' if small else ' TOO LARGE'}"
    )
    return cheap and small


def main() -> None:
    """Print the figures; exits with 1 where a bound is not kept."""
    kept = [
        report("(x + 2) + 1", lambda x: (x + 2) + 1, (jax.ShapeDtypeStruct((8,), jnp.int32),)),
        report("train step", *network()),
        report("language model, 2 layers", language_model.value_and_grad, language_model.arguments(2), 1),
    ]
    for layers in map(int, sys.argv[1:]):
        made = language_model.value_and_grad, language_model.arguments(layers)
        kept.append(report(f"language model, {layers} layers", *made, 1))
    sys.exit(not all(kept))


if __name__ == "__main__":
    main()
