"""The functions of a run that can be looked at: the model, its loss, the gradient and the whole train step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from explorer.catalog.contract import Batch, PyTree
from explorer.training.objective import objective_of
from explorer.training.setup import Setup
from explorer.training.step import Carry, train_step_of


class Function(NamedTuple):
    """A function and the shapes of its arguments.

    Args:
      name: "model", "loss", "gradient" or "train_step".
      title: what people call it.
      help: one sentence on what it computes.
      call: the function itself.
      arguments: `jax.ShapeDtypeStruct` in place of arrays.
    """

    name: str
    title: str
    help: str
    call: Callable[..., Any]
    arguments: tuple[Any, ...]


def functions_of(setup: Setup) -> dict[str, Function]:
    """Return the functions that can be looked at, by name; call it in the run's `precision`.

    Args:
      setup: of a run.
    """
    model, objective = setup.model, objective_of(setup.model)
    carry = jax.eval_shape(setup.initial)
    key = jax.eval_shape(lambda: jax.random.key(0))
    plain = (carry.params, carry.state, setup.spec, key)
    train_step = train_step_of(model, setup.optimizer)

    def predict(params: PyTree, state: PyTree, batch: Batch) -> PyTree:
        return model.apply(params, state, batch, key=jax.random.key(0), train=False)[0]

    def loss(params: PyTree, state: PyTree, batch: Batch, key: jax.Array) -> jax.Array:
        return objective(params, state, batch, key)[0]

    def step(carry: Carry, batch: Batch, key: jax.Array) -> tuple[Carry, jax.Array]:
        return train_step(carry, batch, key)[:2]

    found = (
        Function("model", "the model", "The outputs for one batch.", predict, plain[:3]),
        Function("loss", "the loss", "One number: how wrong the model is on one batch.", loss, plain),
        Function("gradient", "the gradient", "How the loss changes with every parameter.", jax.grad(loss), plain),
        Function(
            "train_step",
            "the whole train step",
            "The loss, its gradient, the optimizer's updates and the new parameters.",
            step,
            (carry, setup.spec, key),
        ),
    )
    return {function.name: function for function in found}
