"""The seeds of one contestant side by side in one program (vmap), as far as that is measured to be faster."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from explorer.training.checkpoints import Checkpoint, Taken
from explorer.training.config import RunConfig
from explorer.training.evaluate import Evaluator
from explorer.training.history import History
from explorer.training.order import Order
from explorer.training.precision import precision
from explorer.training.run import Run
from explorer.training.setup import Setup, setup
from explorer.training.step import all_finite, train_step_of

FASTER = 0.9  # of the time in turn: what vmap must come below
CHUNK = 100  # steps in one call


def side_by_side(configs: Sequence[RunConfig], seconds_per_step: float, going: Callable[[], bool]) -> list[Run] | None:
    """Train several seeds of one setting in one program, where that is faster than one after the other.

    The numbers are those of training in turn but for the last bits: a program for many runs rounds otherwise.

    Args:
      configs: filled, alike but for the seed, at least two.
      seconds_per_step: what a step of one of them takes alone.
      going: asked between calls; False ends it.

    Returns:
      The runs, finished; None where a first call showed that it is not faster, where a number was not finite (which
      training in turn then traces), or where it was to end.
    """
    setups = [setup(config) for config in configs]
    one, steps = setups[0], int(configs[0].steps or 0)
    every = int(configs[0].eval_every or 0) if one.dataset.held_out is not None else 0
    chunk = every or CHUNK
    with precision(one.config.dtype), jax.default_device(one.device):
        carries = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[each.initial() for each in setups])
        call = _compiled(one, carries, chunk)
        evaluator = _evaluator(one, setups[0].initial()) if every else None
        histories = [History() for _ in setups]
        data, seeds = one.data(), jnp.asarray([each.config.seed for each in setups], jnp.uint32)
        rows = [_rows(each, steps) for each in setups]
        _evaluate(evaluator, carries, histories, 0)
        for start in range(0, steps, chunk):
            count = min(chunk, steps - start)
            order = np.zeros((len(setups), chunk, rows[0].shape[1]), np.int32)
            for i, own in enumerate(rows):
                order[i, :count] = own[start : start + count]
            began = time.perf_counter()
            carries, losses, finite = jax.block_until_ready(call(carries, data, order, seeds, start, count))
            if start == 0 and (time.perf_counter() - began) / count / len(setups) > FASTER * seconds_per_step:
                return None
            if not bool(finite) or not going():
                return None
            at = np.arange(start + 1, start + count + 1)
            for history, values in zip(histories, np.asarray(losses), strict=True):
                history.append("loss", "train", at, values[:count])
            if every and ((start + count) % every == 0 or start + count >= steps):
                _evaluate(evaluator, carries, histories, start + count)
        runs = []
        live = one.optimizer.live
        for i, (config, history) in enumerate(zip(configs, histories, strict=True)):
            carry = jax.tree.map(lambda leaf, i=i: leaf[i], carries)
            point = Checkpoint(steps, carry, one.optimizer.options[live] if live else None)
            runs.append(Run(config, taken=Taken(point, history, "finished")))
    return runs


def _compiled(one: Setup, carries: Any, chunk: int) -> Any:
    train_step = train_step_of(one.model, one.optimizer)

    def train(carry: Any, data: Any, order: Any, seed: Any, start: Any, count: Any) -> Any:
        key = jax.random.key(seed)

        def take(step: Any, kept: tuple[Any, Any]) -> tuple[Any, Any]:
            carry, losses = kept
            batch = jax.tree.map(lambda x: x[order[step]], data)
            carry, loss, *_ = train_step(carry, batch, jax.random.fold_in(key, start + step))
            return carry, losses.at[step].set(loss.astype(losses.dtype))

        dtype = jnp.float64 if one.config.dtype == "float64" else jnp.float32
        carry, losses = jax.lax.fori_loop(0, count, take, (carry, jnp.zeros(chunk, dtype)))
        return carry, losses, all_finite((carry.params, losses))

    def all_of(carries: Any, data: Any, order: Any, seeds: Any, start: Any, count: Any) -> Any:
        found = jax.vmap(train, in_axes=(0, None, 0, 0, None, None))(carries, data, order, seeds, start, count)
        return found[0], found[1], found[2].all()

    many, rows = len(jax.tree.leaves(carries)[0]), (chunk, one.config.batch_size if one.dataset.train else 1)
    specs = (
        jax.ShapeDtypeStruct((many, *rows), np.int32),
        jax.ShapeDtypeStruct((many,), np.uint32),
        np.int32(0),
        np.int32(0),
    )
    compiled = jax.jit(all_of).lower(carries, one.data(), *specs).compile()
    return lambda c, d, o, s, start, count: compiled(c, d, o, s, np.int32(start), np.int32(count))


def _rows(one: Setup, steps: int) -> np.ndarray:
    order = Order(one.examples, one.config.batch_size if one.dataset.train else 1, one.config.seed)  # type: ignore[arg-type]
    return np.concatenate([order.block(i) for i in range(-(-steps // order.rows))])[:steps]


def _evaluator(one: Setup, carry: Any) -> Evaluator:
    evaluator = Evaluator(one)
    evaluator.compile(carry)
    return evaluator


def _evaluate(evaluator: Evaluator | None, carries: Any, histories: Sequence[History], step: int) -> None:
    if evaluator is None:
        return
    for i, history in enumerate(histories):
        for name, value in evaluator(jax.tree.map(lambda leaf, i=i: leaf[i], carries)).items():
            history.append(f"held_out/{name}", "held_out", [step], value)
