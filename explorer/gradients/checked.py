"""Whether the gradient of a parameter is right: against finite differences at many step sizes, and a formula."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

import jax
import numpy as np

from explorer.catalog.contract import Batch, PyTree
from explorer.catalog.models import linear_regression
from explorer.display import Drawn
from explorer.gradients.differences import central_differences, drawn
from explorer.gradients.standing import loss_of, number_above_0, parameter, place, standing
from explorer.training.run import Run

AGREES = 1e-6  # relative error at the best step size, at most
AGREES_NARROW = 1e-3  # where part of the model computes in float32 or less, whose rounding differences cannot see past
STEPS = np.logspace(-1, -11, 11)
_NARROWED = re.compile(r"(?:new_dtype|preferred_element_type)=b?float(?:16|32)\b")


@dataclass(frozen=True, eq=False)
class GradientCheck(Drawn):
    """The gradient of one parameter beside its central finite differences, all in float64.

    The error at a step size is the Euclidean distance between the two over the compared entries, by the length of the
    longer one.

    Args:
      parameter: its name.
      shape: of it.
      step: steps that the run had taken.
      loss: where it was taken.
      entries: E places in the parameter that were compared.
      gradient: f64[E], by jax.grad.
      step_sizes: f64[S], descending.
      differences: f64[S, E].
      formula: f64[E], the gradient by the formula written by hand, where there is one.
      narrow: whether part of the model computes in float32 or less, although its params are float64 here.
    """

    parameter: str
    shape: tuple[int, ...]
    step: int
    loss: float
    entries: tuple[tuple[int, ...], ...]
    gradient: np.ndarray
    step_sizes: np.ndarray
    differences: np.ndarray
    formula: np.ndarray | None
    narrow: bool

    @property
    def size(self) -> int:
        """The entries of the parameter."""
        return int(np.prod(self.shape))

    @property
    def errors(self) -> np.ndarray:
        """The relative error at each step size, f64[S]; not finite where the loss was not."""
        return np.asarray([_distance(self.gradient, row) for row in self.differences])

    @property
    def best(self) -> int:
        """The index of the step size to trust: that of the least error.

        Where no error is small, it is where the differences change least from one step size to the next: the least
        error of a wrong gradient would only be the luckiest rounding.
        """
        errors = _finite(self.errors)
        if errors.min() <= self.bound:
            return int(np.argmin(errors))
        return int(np.argmin(_finite(np.asarray([_distance(*pair) for pair in pairwise(self.differences)]))))

    @property
    def error(self) -> float:
        """The relative error at the step size to trust."""
        return float(self.errors[self.best])

    @property
    def formula_error(self) -> float | None:
        """The relative distance from the formula written by hand, or None where there is none."""
        return None if self.formula is None else _distance(self.gradient, self.formula)

    @property
    def agrees(self) -> bool:
        """Whether the error, and that of the formula, is at most `bound`."""
        return self.error <= self.bound and (self.formula_error or 0.0) <= self.bound

    @property
    def bound(self) -> float:
        """The greatest relative error of a gradient that is right."""
        return AGREES_NARROW if self.narrow else AGREES

    @property
    def worst(self) -> int:
        """The index of the entry that is furthest off at the best step size."""
        return int(np.argmax(np.abs(self.gradient - self.differences[self.best])))

    @property
    def sentence(self) -> str:
        """The verdict, with its rule."""
        if not np.isfinite([self.loss, self.error]).all() or not np.isfinite(self.gradient).all():
            return f"The loss or its gradient is not finite at step {self.step:,}: there is nothing to compare."
        rule = f"relative error {self.error:.1e}; right is at most {self.bound:.0e}"
        best = f"at the best step size, {self.step_sizes[self.best]:.0e}"
        if self.error <= self.bound:
            return f"The gradient of {self.parameter} agrees with finite differences: {rule}, {best}."
        return f"The gradient of {self.parameter} is wrong: {rule}, {best}. {self._how()}"

    def _how(self) -> str:
        """Say how a wrong gradient is wrong: by one factor everywhere, or where the most."""
        differences = self.differences[self.best]
        there = np.abs(differences) > 1e-3 * np.abs(differences).max(initial=0.0)
        ratios = self.gradient[there] / differences[there]
        if len(ratios) > 1 and np.ptp(ratios) < 1e-3 * np.abs(ratios).max():
            return f"It is {ratios.mean():.3g} times what it should be, at every entry that was compared."
        entry, worst = list(self.entries[self.worst]), self.worst
        return (
            f"The furthest off is entry {entry}: {self.gradient[worst]:.4g} by jax.grad,"
            f" {differences[worst]:.4g} by differences."
            " A custom derivative rule, stop_gradient or a kink just there can be the reason."
        )

    def __str__(self) -> str:
        lines = [self.sentence, f"Compared: {self.compared}, in float64, on the batch of step {self.step + 1:,}."]
        zero = int((self.gradient == 0).sum())
        if zero:
            lines.append(f"At {zero:,} of them the gradient is exactly 0.")
        if self.narrow:
            lines.append(
                "Part of the model computes in float32 or less whatever its params are, which rounds the loss."
            )
        if self.formula_error is not None:
            lines.append(f"From the formula written by hand it differs by {self.formula_error:.1e}, relatively.")
        return "\n".join(lines)

    @property
    def compared(self) -> str:
        """How many entries were compared, of how many."""
        some = f"{len(self.entries):,} of {self.size:,} entries, drawn at random"
        every = "its only entry" if self.size == 1 else f"all {self.size:,} entries"
        return some if len(self.entries) < self.size else every


def check_gradient(run: Run, name: str, *, entries: int, seed: int) -> GradientCheck:
    """Return the check; see `Run.check_gradient`."""
    which, entries = parameter(run, name), number_above_0("entries", entries)
    with place(run, "float64"):
        at = standing(run, "float64")
        objective = loss_of(run, at)
        loss, grads = jax.jit(jax.value_and_grad(objective))(at.carry.params)
        gradient = np.asarray(jax.tree.leaves(grads)[which])
        narrow = _NARROWED.search(str(jax.make_jaxpr(objective)(at.carry.params))) is not None
        places = drawn(gradient.shape, entries, np.random.default_rng(seed))
        differences = central_differences(objective, at.carry.params, [(which, place) for place in places], STEPS)
        by_hand = None
        if run.setup.model.apply is linear_regression.apply and run.setup.model.name == "linear-regression":
            formula = np.asarray(jax.tree.leaves(linear_formula(at.carry.params, at.batch))[which])
            by_hand = np.asarray([formula[place] for place in places])
    values = np.asarray([gradient[place] for place in places])
    return GradientCheck(
        name, gradient.shape, at.step, float(loss), tuple(places), values, STEPS, differences, by_hand, narrow
    )


def linear_formula(params: PyTree, batch: Batch) -> PyTree:
    """Return the gradient of the mean squared error of x w + b, written by hand.

    With r = x w + b - y it is 2 / B xᵀ r for w and 2 / B Σ r for b.

    Args:
      params: w: f64[D], b: f64[1].
      batch: x: f64[B, D], y: f64[B].
    """
    x, y = np.asarray(batch["x"]), np.asarray(batch["y"])
    residuals = x @ np.asarray(params["w"]) + np.asarray(params["b"]) - y
    return {"w": 2 / len(x) * x.T @ residuals, "b": 2 / len(x) * residuals.sum(keepdims=True)}


def _finite(errors: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(errors), errors, np.inf)


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    longer = max(np.linalg.norm(one), np.linalg.norm(other))
    return float(np.linalg.norm(one - other) / longer) if longer else 0.0
