"""Held-out figures of a run: one compiled call over the whole held-out data, block by block."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from explorer.catalog.contract import Batch
from explorer.training.data import examples_in
from explorer.training.objective import figures_of
from explorer.training.setup import Setup
from explorer.training.step import Carry

BLOCK = 1024  # examples evaluated at once; bounds the memory of a large network's activations


class Evaluator:
    """Loss and metrics on the held-out data.

    Args:
      setup: model, data and optimizer; its data set must have held-out examples.
    """

    def __init__(self, setup: Setup) -> None:
        held_out = setup.held_out()
        assert held_out is not None
        self.setup, self.examples = setup, examples_in(held_out)
        self._blocks = jax.tree.map(lambda x: _blocked(x, self.examples), held_out)
        padded = jax.tree.leaves(self._blocks)[0].shape[0] * self._size if held_out else 1
        self._mask = (jnp.arange(padded) < self.examples).astype(jnp.float32).reshape(-1, self._size)
        self._compiled: Any = None

    @property
    def _size(self) -> int:
        return min(BLOCK, self.examples)

    def compile(self, carry: Carry) -> None:
        """Compile for these shapes."""
        self._compiled = jax.jit(self._mean).lower(carry, self._blocks, self._mask).compile()

    def __call__(self, carry: Carry) -> dict[str, float]:
        """Return the mean of the loss and of each metric over the held-out examples."""
        figures = self._compiled(carry, self._blocks, self._mask)
        return {name: float(value) for name, value in figures.items()}

    def _mean(self, carry: Carry, blocks: Batch, mask: jax.Array) -> dict[str, jax.Array]:
        # Some optimizers train at one point and are meant to be used at another.
        params = self.setup.optimizer.eval_params(carry.opt_state, carry.params)
        figures = figures_of(self.setup.model)
        sums = jax.lax.map(lambda block: figures(params, carry.state, *block), (blocks, mask))
        return jax.tree.map(lambda total: total.sum() / self.examples, sums)


def _blocked(x: jax.Array, examples: int) -> jax.Array:
    size = min(BLOCK, examples)
    padding = -examples % size
    x = jnp.concatenate([x, jnp.repeat(x[:1], padding, axis=0)])  # real rows: zeros may not be valid inputs
    return x.reshape(-1, size, *x.shape[1:])
