"""The gradient of a run as it stands: at its params, on the batch that its next step will take."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import numpy as np

from explorer.training.objective import objective_of
from explorer.training.precision import precision
from explorer.training.run import Run
from explorer.training.step import Carry


class Gradient(NamedTuple):
    """The gradient of the objective with respect to every parameter.

    Args:
      step: steps taken when it was measured; the batch is that of the step after.
      values: by parameter name, NumPy arrays in the params' shapes.
    """

    step: int
    values: dict[str, np.ndarray]


class GradientProbe:
    """Gradients of a run on demand, from any thread; compiled at the first use.

    Args:
      run: whose params, data and key are used.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._compiled: Any = None

    def __call__(self) -> Gradient:
        """Return the gradient where the run stands now."""
        setup = self.run.setup
        step, carry = self.run.snapshot()
        with precision(setup.config.dtype), jax.default_device(setup.device):
            batch = self.run.batch_after(step)
            if self._compiled is None:
                self._compiled = jax.jit(self._gradient).lower(carry, batch, np.int32(step)).compile()
            grads = self._compiled(carry, batch, np.int32(step))
            leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(grads)]
        return Gradient(step, dict(zip(setup.parameters, leaves, strict=True)))

    def _gradient(self, carry: Carry, batch: Any, step: jax.Array) -> Any:
        key = jax.random.fold_in(jax.random.key(self.run.config.seed), step)
        objective = objective_of(self.run.setup.model)
        return jax.grad(objective, has_aux=True)(carry.params, carry.state, batch, key)[0]
