"""How sharply the loss curves where a run stands, or stood: the largest eigenvalue of its Hessian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.flatten_util import ravel_pytree

from explorer.catalog.contract import PyTree
from explorer.display import Drawn
from explorer.gradients.lanczos import Extremes, lanczos
from explorer.gradients.standing import Standing, computing_dtype, number_above_0, place, standing
from explorer.gradients.states import states_of
from explorer.training.objective import objective_of
from explorer.training.precision import cast
from explorer.training.run import Run

TOLERANCE = 1e-3  # of the largest eigenvalue, relative
PRODUCTS = 100  # at most


@dataclass(frozen=True)
class Limit:
    """What gradient descent stands without growing: `factor` / learning rate.

    Source:
      Cohen et al. 2021, "Gradient Descent on Neural Networks Typically Occurs at the Edge of Stability",
      arXiv 2103.00065, section 2 and appendix B.
    """

    factor: float
    rule: str


@dataclass(frozen=True, eq=False)
class Sharpness(Drawn):
    """The largest eigenvalue of the loss's Hessian, at one state of a run or at several.

    Args:
      steps: i64[T], steps taken.
      found: T of what Lanczos iteration found.
      rates: f64[T], the learning rate; NaN where there is none.
      limit: what the optimizer stands; None where no such rule is known for it.
      optimizer: its name.
      examples, of: how many training examples the loss was taken over, of how many.
    """

    steps: np.ndarray
    found: tuple[Extremes, ...]
    rates: np.ndarray
    limit: Limit | None
    optimizer: str
    examples: int
    of: int

    @property
    def value(self) -> float:
        """The sharpness where the run stands."""
        return self.found[-1].largest

    @property
    def values(self) -> np.ndarray:
        """The sharpness at each state, f64[T]."""
        return np.asarray([each.largest for each in self.found])

    @property
    def limits(self) -> np.ndarray | None:
        """The sharpness that the optimizer stands at each state, f64[T], or None where no rule is known."""
        return None if self.limit is None or np.isnan(self.rates).any() else self.limit.factor / self.rates

    @property
    def sentence(self) -> str:
        """The sharpness beside what the optimizer stands."""
        about = f"The loss curves by {self.value:.4g} at most at step {self.steps[-1]:,} (sharpness)."
        if self.limits is None or self.limit is None:
            return f"{about} For {self.optimizer} no limit follows from the learning rate alone."
        limit, rate = self.limits[-1], self.rates[-1]
        told = f"{limit:.4g}, which is {self.limit.rule} at a learning rate of {rate:.4g}"
        if self.value > limit:
            return f"{about} That is above {told}: along this direction full-batch steps grow."
        return f"{about} That is {100 * self.value / limit:.0f} % of {told}: full-batch steps do not grow."

    def __str__(self) -> str:
        some = f"{self.examples:,} of {self.of:,}" if self.examples < self.of else f"all {self.of:,}"
        products = sum(each.products for each in self.found)
        open_ = [step for step, each in zip(self.steps, self.found, strict=True) if not each.converged]
        error = max(each.error for each in self.found)
        lines = [
            self.sentence,
            f"Over {some} training examples; the most negative curvature is {self.found[-1].smallest:.4g}.",
            f"Lanczos iteration, {products:,} Hessian-vector products; an eigenvalue lies within {error:.1e}."
            + (f" Not converged after {PRODUCTS:,} products at step {open_[0]:,}." if open_ else " Converged."),
        ]
        return "\n".join(lines)


def sharpness(run: Run, *, over_time: bool, examples: int, seed: int) -> Sharpness:
    """Return the sharpness; see `Run.sharpness`."""
    dtype = computing_dtype(run)
    with place(run, dtype):
        at = standing(run, dtype, number_above_0("examples", examples))
        states = states_of(run) if over_time else states_of(run)[-1:]
        product = jax.jit(_product_of(run, at))
        vector = np.random.default_rng(seed).standard_normal(sum(x.size for x in jax.tree.leaves(at.carry.params)))
        found: list[Extremes] = []
        for state in states:
            params, model_state = cast(state.carry.params, dtype), cast(state.carry.state, dtype)

            def times(v: np.ndarray, params: Any = params, model_state: Any = model_state) -> np.ndarray:
                return np.asarray(product(params, model_state, v.astype(dtype)), np.float64)

            found.append(lanczos(times, vector, tolerance=TOLERANCE, most=PRODUCTS))
            vector = found[-1].vector  # the next state's is near: a few products find it
    rates = [np.nan if state.rate is None else state.rate for state in states]
    steps = np.asarray([state.step for state in states])
    name = run.setup.optimizer.info.name
    return Sharpness(steps, tuple(found), np.asarray(rates, float), limit_of(run), name, len(at.rows), at.of)


def limit_of(run: Run) -> Limit | None:
    """Return the limit of a run's optimizer: of gradient descent with and without momentum."""
    optimizer = run.setup.optimizer
    if optimizer.info.name != "sgd":
        return None
    momentum, nesterov = optimizer.options.get("momentum"), optimizer.options.get("nesterov")
    if not momentum:
        return Limit(2.0, "2 / learning rate")
    if nesterov:
        return Limit((2 + 2 * momentum) / (1 + 2 * momentum), "(2 + 2β) / (1 + 2β) / learning rate")
    return Limit(2 + 2 * momentum, "(2 + 2β) / learning rate")


def _product_of(run: Run, at: Standing) -> Any:
    """Return (params, state, v) -> H v, both flat: the derivative of the gradient along v."""
    objective = objective_of(run.setup.model)

    def product(params: PyTree, state: PyTree, vector: jax.Array) -> jax.Array:
        flat, tree_of = ravel_pytree(params)
        gradient = jax.grad(lambda flat: objective(tree_of(flat), state, at.batch, at.key)[0])
        return jax.jvp(gradient, (flat,), (vector.astype(flat.dtype),))[1]

    return product
