"""Steps a second of the explorer against a bare jitted scan, as ratios. Run: python tests/benchmarks/throughput.py

Cases, interleaved in random order over 30 or more rounds:
  bare       one jitted `lax.scan` over the same batch indices, with the same model and optimizer
  loop       a Python loop of jitted steps that reads each loss
  off        explorer.train, no diagnostics, no look at held-out data
  default    explorer.train with its defaults: norms every 10th step, held-out data as often as it chooses
  drawing    the same with the widget open in a browser and drawing: see tests/benchmarks/drawing.py
"""

from __future__ import annotations

import argparse
import time

import jax
import jax.numpy as jnp
import small_network
from compare import interleaved, ratio

from explorer.training.config import RunConfig
from explorer.training.loop import Loop
from explorer.training.order import Order
from explorer.training.run import Run
from explorer.training.setup import setup
from explorer.training.step import train_step_of

NETWORKS = {"784-256-10": ("neural-network", 400), "2-16-1": ("small-network", 40_000)}
TARGETS = {"off": 0.9, "default": 0.75, "drawing": 0.7}


def bare(config, steps):
    """Return a measurement of one compiled scan: () -> steps a second."""
    plan = setup(config)
    step, key = train_step_of(plan.model, plan.optimizer), jax.random.key(config.seed)
    data = plan.data()
    order = jnp.asarray(Order(plan.examples, config.batch_size, config.seed).block(0))

    @jax.jit
    def many(carry, order, data):
        def body(carry, at):
            index, rows = at
            batch = jax.tree.map(lambda x: x[rows], data)
            carry, loss, _, _ = step(carry, batch, jax.random.fold_in(key, index))
            return carry, loss

        return jax.lax.scan(body, carry, (jnp.arange(len(order)), order))

    rows = jnp.tile(order, (-(-steps // len(order)), 1))[:steps]
    carry = plan.initial()
    jax.block_until_ready(many(carry, rows, data))

    def measure():
        start = time.perf_counter()
        jax.block_until_ready(many(carry, rows, data))
        return steps / (time.perf_counter() - start)

    return measure


def python_loop(config, steps):
    """Return a measurement of jitted steps whose loss is read each time."""
    plan = setup(config)
    step, key = train_step_of(plan.model, plan.optimizer), jax.random.key(config.seed)
    data, order = plan.data(), Order(plan.examples, config.batch_size, config.seed).block(0)

    @jax.jit
    def one(carry, rows, index, data):
        batch = jax.tree.map(lambda x: x[rows], data)
        carry, loss, _, _ = step(carry, batch, jax.random.fold_in(key, index))
        return carry, loss

    def measure():
        carry, start = plan.initial(), time.perf_counter()
        for index in range(steps):
            carry, loss = one(carry, order[index], index, data)
            float(loss)
        return steps / (time.perf_counter() - start)

    measure()
    return measure


def measured(run, steps):
    """Return a measurement of the explorer's own run, compiled before."""
    run.step(min(steps, 200)).wait()

    def measure():
        start = time.perf_counter()
        run.step(steps).wait()
        return steps / (time.perf_counter() - start)

    measure()
    return measure


def main():
    """Print the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=30)
    pairs = parser.parse_args().pairs
    small_network.add()
    for name, (model, steps) in NETWORKS.items():
        config = RunConfig(model=model, batch_size=32, steps=steps * (pairs + 2))
        off = config.but(diagnostics=0, eval_every=0)
        capacity = Loop(setup(config)).capacity
        cases = {
            "bare": bare(off, steps),
            "loop": python_loop(off, min(steps, 1000)),
            "off": measured(Run(off), steps),
            "default": measured(Run(config), steps),
        }
        found = interleaved(cases, pairs)
        median = {case: sorted(values)[pairs // 2] for case, values in found.items()}
        print(f"\n{name}, batch 32, {pairs} rounds of {steps:,} steps, at most {capacity:,} a call")
        for case in ("bare", "loop"):
            print(f"  {case:8} {median[case]:12,.0f} steps a second")
        for case in ("off", "default"):
            against = ratio(found[case], found["bare"]).against(TARGETS[case])
            print(f"  {case:8} {median[case]:12,.0f} steps a second; to bare {against}")
        times = ratio(found["default"], found["loop"])
        print(f"  default to the Python loop {times.median:.1f} times [{times.low:.1f}, {times.high:.1f}]")


if __name__ == "__main__":
    main()
