"""One training step, as a pure function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from explorer.catalog.contract import Batch, Model, PyTree
from explorer.training.objective import objective_of


class Carry(NamedTuple):
    """What one step hands to the next."""

    params: PyTree
    state: PyTree  # the model's own, such as running averages; {} for most
    opt_state: PyTree


def train_step_of(model: Model, optimizer: Any) -> Callable[..., tuple[Carry, jax.Array, PyTree, PyTree]]:
    """Return the step: gradients of the objective, the optimizer's updates, new params.

    Args:
      model: an entry of the catalog.
      optimizer: what `catalog.optimizers.build` returns.

    Returns:
      (carry, batch, key) -> (new carry, loss f32[], grads, updates).
    """
    objective = objective_of(model)

    def train_step(carry: Carry, batch: Batch, key: jax.Array) -> tuple[Carry, jax.Array, PyTree, PyTree]:
        params, state, opt_state = carry
        (loss, state), grads = jax.value_and_grad(objective, has_aux=True)(params, state, batch, key)
        updates, opt_state = optimizer.update(
            grads,
            opt_state,
            params,
            value=loss,
            value_fn=lambda params: objective(params, carry.state, batch, key)[0],
        )
        return Carry(optax.apply_updates(params, updates), state, opt_state), loss, grads, updates

    return train_step


def norms(tree: PyTree) -> jax.Array:
    """Return the Euclidean norm of every leaf, f32[number of leaves], in the order of `jax.tree.leaves`."""
    return jnp.stack([_norm(leaf.astype(jnp.float32)) for leaf in jax.tree.leaves(tree)])


def _norm(leaf: jax.Array) -> jax.Array:
    # The leading axis first: XLA's CPU code adds rows with vector instructions, but one flat sum one by one.
    squares = jnp.square(leaf)
    return jnp.sqrt(squares.sum(axis=0).sum() if leaf.ndim else squares)


def all_finite(tree: PyTree) -> jax.Array:
    """Return whether every number in the inexact leaves is finite, bool[]."""
    leaves = [x for x in jax.tree.leaves(tree) if jnp.issubdtype(x.dtype, jnp.inexact)]
    return jnp.stack([jnp.isfinite(leaf).all() for leaf in leaves]).all() if leaves else jnp.bool_(True)
