"""Many training steps in one compiled call.

A `while_loop` with a dynamic count and output buffers of a fixed size: one compile serves every length, and the
finite check in the condition stops the loop at the step whose loss is not finite. Where the params turn bad under a
loss that is still finite, the call says so at its end and the runner finds the step by replaying.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from explorer.training.setup import Setup
from explorer.training.step import Carry, all_finite, norms, train_step_of

# About a frame (40 ms) of work on two cores for nets from 65 to 200,000 parameters, measured.
PARAMETER_STEPS = 1 << 24
MOST_STEPS = 1 << 14


class Outputs(NamedTuple):
    """What a call of the loop returns beside the carry."""

    done: jax.Array  # i32[], steps taken
    finite: jax.Array  # bool[], whether the last loss, the params and the model's state are finite
    loss: jax.Array  # f32[capacity], valid up to done
    norms: jax.Array  # f32[capacity // diagnostics + 2, 3, parameters]: gradient, parameter and update norm


class _Loop(NamedTuple):
    """What one step of the loop hands to the next."""

    carry: Carry
    done: jax.Array  # i32[], steps taken
    finite: jax.Array  # bool[], whether the last loss is
    losses: jax.Array  # [capacity]
    norms: jax.Array  # f32[rows, 3, parameters]


class Loop:
    """The compiled loop of one setup.

    Args:
      setup: model, data, optimizer and sizes.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        size = max(1, sum(leaf.size for leaf in jax.tree.leaves(setup.params_spec)))
        self.capacity = int(np.clip(PARAMETER_STEPS // size, 64, MOST_STEPS))
        self._compiled: Any = None

    def compile(self, carry: Carry, data: Any, order: jax.Array) -> None:
        """Compile for these shapes; takes from tenths of a second to minutes."""
        self._compiled = jax.jit(self._run).lower(carry, data, order, np.int32(0), np.int32(0), np.int32(0)).compile()

    def __call__(
        self, carry: Carry, data: Any, order: jax.Array, row: int, step: int, count: int
    ) -> tuple[Carry, Outputs]:
        """Take up to `count` steps.

        Args:
          carry: after `step` steps.
          data: every training example, leading axis N.
          order: i32[rows, batch_size], the examples of each step.
          row: the row of `order` that the first of these steps takes.
          step: steps taken so far.
          count: steps to take, at most `capacity`, and no more than `order` has rows from `row` on.

        Returns:
          (carry, Outputs); the call returns at once, the numbers arrive later.
        """
        return self._compiled(carry, data, order, np.int32(row), np.int32(step), np.int32(count))

    def _run(self, carry: Carry, data: Any, order: jax.Array, row: jax.Array, step: jax.Array, count: jax.Array) -> Any:
        every = self.setup.config.diagnostics
        train_step = train_step_of(self.setup.model, self.setup.optimizer)
        key = jax.random.key(self.setup.config.seed)
        parameters = len(jax.tree.leaves(carry.params))
        rows = self.capacity // every + 2 if every else 0

        def take(loop: _Loop) -> tuple[_Loop, tuple[Any, Any, Any]]:
            batch = jax.tree.map(lambda x: x[order[row + loop.done]], data)
            new, loss, grads, updates = train_step(loop.carry, batch, jax.random.fold_in(key, step + loop.done))
            losses = loop.losses.at[loop.done].set(loss.astype(loop.losses.dtype))
            # The params after the update: those before it would have to be copied first, at every step.
            return _Loop(new, loop.done + 1, jnp.isfinite(loss), losses, loop.norms), (grads, new.params, updates)

        def plain(loop: _Loop) -> _Loop:
            return take(loop)[0]

        def measured(loop: _Loop) -> _Loop:
            after, trees = take(loop)
            table = loop.norms.at[loop.done // every].set(jnp.stack([norms(tree) for tree in trees]))
            return after._replace(norms=table)

        def going(loop: _Loop) -> jax.Array:
            return (loop.done < count) & loop.finite

        def due(loop: _Loop) -> jax.Array:
            return (step + loop.done) % every == 0 if every else jnp.bool_(False)

        def until_due(loop: _Loop) -> _Loop:
            return jax.lax.while_loop(lambda loop: going(loop) & ~due(loop), plain, loop)

        def measured_and_plain(loop: _Loop) -> _Loop:
            # Measured steps stand apart: with a branch in every step its gradients and updates could not be fused.
            # The barrier has the norms done before the next step overwrites the params, which else would be copied.
            return until_due(jax.lax.optimization_barrier(measured(loop)))

        loss_dtype = jnp.float64 if self.setup.config.dtype == "float64" else jnp.float32
        start = _Loop(
            carry,
            jnp.int32(0),
            jnp.bool_(True),
            jnp.zeros(self.capacity, loss_dtype),
            jnp.zeros((rows, 3, parameters), jnp.float32),
        )
        end = until_due(start)
        if every:
            end = jax.lax.while_loop(going, measured_and_plain, end)
        carry, done, finite, losses, table = end
        # The optimizer's state is left out: some start with infinity in it.
        return carry, Outputs(done, finite & all_finite((carry.params, carry.state)), losses, table)
