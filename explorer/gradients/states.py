"""The states of a run that are at hand without taking steps again: the first, those it keeps, and where it stands."""

from __future__ import annotations

from explorer.training.checkpoints import Checkpoint
from explorer.training.run import Run


def states_of(run: Run) -> list[Checkpoint]:
    """Return the states at hand, by step.

    The first one, which the seed makes again, is left out of a branch whose settings changed on the way.
    """
    step, carry = run.snapshot()
    rate = run.rate
    found = {} if run.turns else {0: Checkpoint(0, run.setup.initial(), _first_rate(run))}
    for kept in run.checkpoints.steps:
        point = run.checkpoints.before(kept)
        if point is not None and point.step <= step:
            found[point.step] = point
    found[step] = Checkpoint(step, carry, rate)
    return [found[at] for at in sorted(found)]


def _first_rate(run: Run) -> float | None:
    live = run.setup.optimizer.live
    return float(run.setup.optimizer.options[live]) if live else None
