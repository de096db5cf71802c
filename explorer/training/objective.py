"""The objective, derived once from the catalog's contract: the mean loss over the examples, plus the penalty."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from explorer.catalog.contract import Batch, Model, PyTree

Objective = Callable[..., tuple[jax.Array, PyTree]]


def objective_of(model: Model, *, train: bool = True) -> Objective:
    """Return the function that training minimises.

    Args:
      model: an entry of the catalog.
      train: whether the model runs as in training (dropout on, batch statistics) or as in use.

    Returns:
      (params, state, batch, key) -> (objective f32[], new state).
    """

    def objective(params: PyTree, state: PyTree, batch: Batch, key: jax.Array) -> tuple[jax.Array, PyTree]:
        outputs, state = model.apply(params, state, batch, key=key, train=train)
        return model.loss(outputs, batch).mean() + model.penalty(params), state

    return objective


def figures_of(model: Model) -> Callable[..., dict[str, jax.Array]]:
    """Return the function that sums what is measured on held-out data.

    Returns:
      (params, state, batch, mask f32[B]) -> {"loss" and each metric: f32[], the sum over the masked examples},
      so that a large data set can be summed block by block. The penalty is no part of a held-out loss.
    """

    def figures(params: PyTree, state: PyTree, batch: Batch, mask: jax.Array) -> dict[str, jax.Array]:
        outputs, _ = model.apply(params, state, batch, key=jax.random.key(0), train=False)
        each = {"loss": model.loss, **model.metrics}
        # where, not a product: the loss of a padded row may be NaN
        return {name: jnp.where(mask > 0, of(outputs, batch), 0.0).sum() for name, of in each.items()}

    return figures
