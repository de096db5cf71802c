"""Inside the optimizer: how the next update of one weight comes about, in numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax
import numpy as np

from explorer.errors import FieldError
from explorer.gradients.formulas import Given, lines_of
from explorer.gradients.moments import moments
from explorer.gradients.standing import parameter, place, standing
from explorer.training.run import Run
from explorer.training.step import train_step_of

SAME = 1e-3  # relative: the formula is worked out in float64, the update in the run's dtype


@dataclass(frozen=True, eq=False)
class Inside:
    """The next update of one weight. Computed aside: the run stays where it is.

    Args:
      parameter, index: which weight.
      optimizer: its name.
      step: the step that makes the update.
      weight: before it.
      gradient: on the batch of that step.
      rate: the learning rate; None where the optimizer sets its own.
      before, after: what the optimizer's state holds of this weight, by name.
      update: what was really added to the weight.
      lines: the formula with the numbers in it; none where it is not written here.
      formula: the update that it comes to.
    """

    parameter: str
    index: tuple[int, ...]
    optimizer: str
    step: int
    weight: float
    gradient: float
    rate: float | None
    before: dict[str, float]
    after: dict[str, float]
    update: float
    lines: tuple[str, ...]
    formula: float | None

    @property
    def agrees(self) -> bool | None:
        """Whether the formula comes to the update that was made; None where there is no formula."""
        if self.formula is None:
            return None
        return math.isclose(self.formula, self.update, rel_tol=SAME, abs_tol=1e-12)

    @property
    def sentence(self) -> str:
        """The update of the weight."""
        name = f"{self.parameter}{list(self.index) if self.index else ''}"
        return f"Step {self.step:,} of {self.optimizer} moves {name} from {self.weight:.6g} by {self.update:.4g}."

    def __str__(self) -> str:
        held = [f"{name}: {value:.4g}, then {self.after[name]:.4g}" for name, value in self.before.items()]
        lines = [
            self.sentence,
            f"gradient g = {self.gradient:.4g}" + ("" if self.rate is None else f", learning rate η = {self.rate:.4g}"),
            f"The optimizer's state holds of it {'; '.join(held)}." if held else "The optimizer keeps nothing of it.",
            *self.lines,
        ]
        if self.agrees is None:
            lines.append(f"The formula of {self.optimizer} with these settings is not written here.")
        elif self.agrees:
            lines.append("The optimizer made the same update.")
        else:
            lines.append(f"The optimizer made another update, {self.update:.4g}: more goes into it than this formula.")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)


def inside(run: Run, name: str, index: tuple[int, ...]) -> Inside:
    """Return how the next update comes about; see `Run.inside`."""
    which, setup = parameter(run, name), run.setup
    shape = jax.tree.leaves(setup.params_spec)[which].shape
    index = (index,) if isinstance(index, int) else tuple(index)
    if len(index) != len(shape) or not all(0 <= i < n for i, n in zip(index, shape, strict=True)):
        raise FieldError("index", f"must be a place in {name}, of shape {list(shape)}; you gave {list(index)}.", "")
    rate = run.rate
    with place(run, setup.config.dtype):
        at = standing(run, setup.config.dtype)
        made = jax.jit(train_step_of(setup.model, setup.optimizer))(at.carry, at.batch, at.key)
    new, _, grads, updates = made
    take = lambda tree: float(np.asarray(jax.tree.leaves(tree)[which], np.float64)[index])  # noqa: E731
    params = at.carry.params
    before = moments(at.carry.opt_state, params, which, index)
    found = None
    if rate is not None:
        options = {key: value for key, value in setup.optimizer.options.items() if key != setup.optimizer.live}
        given = Given(take(grads), take(params), before, rate, options, at.step + 1)
        found = lines_of(setup.optimizer.info.name, given)
    lines, formula = found if found else ([], None)
    return Inside(
        name,
        index,
        setup.optimizer.info.name,
        at.step + 1,
        take(params),
        take(grads),
        rate,
        before,
        moments(new.opt_state, params, which, index),
        take(updates),
        tuple(lines),
        formula,
    )
