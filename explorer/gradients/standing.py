"""Where a run stands, as arguments of its objective: params, the model's state, examples, the key of the next step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import numpy as np

from explorer.catalog.contract import Batch, PyTree
from explorer.errors import FieldError
from explorer.training.objective import objective_of
from explorer.training.precision import cast, precision
from explorer.training.run import Run
from explorer.training.step import Carry


class Standing(NamedTuple):
    """What the objective is taken of.

    Args:
      step: steps taken.
      carry: after them, in the dtype that was asked for.
      batch: examples, on the device.
      rows: i32[B], which of the training examples they are.
      of: how many training examples there are.
      key: of the step after.
    """

    step: int
    carry: Carry
    batch: Batch
    rows: np.ndarray
    of: int
    key: jax.Array


@contextmanager
def place(run: Run, dtype: str) -> Iterator[None]:
    """Compute on the device of a run, with this dtype allowed."""
    with precision(dtype), jax.default_device(run.setup.device):
        yield


def standing(run: Run, dtype: str, examples: int | None = None, seed: int = 0) -> Standing:
    """Return where a run stands; call it inside of `place`.

    Args:
      run: the run; it may go on meanwhile.
      dtype: of params and floating-point inputs. They are the run's own numbers, made wider.
      examples: how many training examples, drawn by `seed`, all where there are fewer; None for the next batch.
      seed: of that draw.
    """
    step, carry = run.snapshot()
    setup = run.setup
    train = setup.dataset.train
    if examples is None:
        rows = run.rows_after(step)
    else:
        count = min(examples, setup.examples)
        rows = np.sort(np.random.default_rng(seed).choice(setup.examples, count, replace=False)).astype(np.int32)
    batch = cast({name: values[rows] for name, values in train.items()}, setup.config.dtype)
    key = jax.random.fold_in(jax.random.key(setup.config.seed), step)
    carry = carry._replace(params=cast(carry.params, dtype), state=cast(carry.state, dtype))
    return Standing(step, carry, jax.device_put(cast(batch, dtype), setup.device), rows, setup.examples, key)


def loss_of(run: Run, at: Standing) -> Callable[[PyTree], jax.Array]:
    """Return params -> the objective on the examples of `at`, as a training step takes it."""
    objective = objective_of(run.setup.model)
    return lambda params: objective(params, at.carry.state, at.batch, at.key)[0]


def computing_dtype(run: Run) -> str:
    """Return the dtype to look into a run with: its own, but float32 where it has less."""
    return "float64" if run.config.dtype == "float64" else "float32"


def parameter(run: Run, name: str) -> int:
    """Return the place of a parameter among the leaves of the params.

    Raises:
      FieldError: there is no such parameter.
    """
    names = run.setup.parameters
    if name not in names:
        raise FieldError("name", f"there is no parameter '{name}'.", f"Allowed: {', '.join(names)}.")
    return names.index(name)


def number_above_0(field: str, value: Any) -> int:
    """Return a whole number above 0.

    Raises:
      FieldError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise FieldError(field, f"must be a whole number above 0; you gave {value!r}.", "")
    return value
