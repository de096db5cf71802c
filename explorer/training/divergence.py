"""Where a run went from finite numbers to NaN or infinity: the step, and the first operation that made it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax

from explorer.compiler.first_bad import BadOperation, first_bad
from explorer.training.loop import Outputs
from explorer.training.setup import Setup
from explorer.training.step import Carry, train_step_of


@dataclass(frozen=True)
class Divergence:
    """The step that made a number that is not finite.

    Args:
      step: that step, counted from 1.
      good: the carry before it, in which everything is finite.
      operation: the first operation that made it, or None where replaying the step operation by operation stays
        finite (XLA's fused code may round differently).
    """

    step: int
    good: Carry
    operation: BadOperation | None

    def sentence(self) -> str:
        """Return in plain words what happened and where."""
        begin = f"Step {self.step:,} made a number that is not finite."
        if self.operation is None:
            return f"{begin} Replayed operation by operation it stays finite: the compiled code rounds otherwise."
        return f"{begin} {self.operation.sentence()}"


def find_divergence(
    setup: Setup,
    replay: Callable[[int], tuple[Carry, Outputs]],
    data: Any,
    order: jax.Array,
    row: int,
    step: int,
    most: int,
) -> Divergence:
    """Find the first bad step among `most`, and the operation in it.

    Args:
      setup: of the run.
      replay: n -> the carry and outputs after n steps from the last good state; the same numbers every time.
      data, order, row: as the loop takes them; `row` belongs to the first of these steps.
      step: steps taken before the first of these.
      most: steps within which the numbers are known to go bad, at least 1.

    Returns:
      The divergence; steps are counted from 1.
    """
    good, bad = 0, most
    while bad - good > 1:
        middle = (good + bad) // 2
        if bool(replay(middle)[1].finite):
            good = middle
        else:
            bad = middle
    batch = jax.tree.map(lambda x: x[order[row + good]], data)
    return divergence_at(setup, replay(good)[0], batch, step + bad)


def divergence_at(setup: Setup, good: Carry, batch: Any, step: int) -> Divergence:
    """Find the operation that made a step bad.

    Args:
      setup: of the run.
      good: the carry before it.
      batch: what it looked at.
      step: that step, counted from 1.
    """
    key = jax.random.fold_in(jax.random.key(setup.config.seed), step - 1)
    operation = first_bad(train_step_of(setup.model, setup.optimizer), good, batch, key)
    return Divergence(step, good, operation)
