"""Where a run can be taken up again without all of its steps: the state after some of them, bounded in memory."""

from __future__ import annotations

from typing import NamedTuple

import jax

from explorer.training.history import History
from explorer.training.status import Status
from explorer.training.step import Carry

MOST = 16  # of one run
ROOM = 1 << 26  # bytes, of all that one run keeps
FIRST = 32  # steps between the first ones at least


class Checkpoint(NamedTuple):
    """The state after `step` steps, and the learning rate that held until then."""

    step: int
    carry: Carry
    rate: float | None


class Taken(NamedTuple):
    """Where a run begins that takes up what another one did."""

    point: Checkpoint
    history: History  # of what was done
    status: Status


class Checkpoints:
    """The states that a run keeps: evenly spread over its steps, at most 16 and 64 MiB of them.

    Where there would be more, every second one goes, and the distance doubles. A state is kept as it is, not copied:
    later steps do not change it. The one before the first step needs no keeping, since the seed makes it again.
    """

    def __init__(self, first: Checkpoint | None = None) -> None:
        self._kept: list[Checkpoint] = [first] if first else []
        self._distance = FIRST

    def add(self, point: Checkpoint) -> None:
        """Keep a state, where it is far enough from the last that is kept."""
        if point.step - (self._kept[-1].step if self._kept else 0) < self._distance:
            return
        self._kept.append(point)
        if len(self._kept) > min(MOST, ROOM // max(1, _bytes(point.carry))):
            self._kept = self._kept[1::2]
            self._distance *= 2

    def before(self, step: int) -> Checkpoint | None:
        """Return the nearest state at `step` or before it; None where only the first one is."""
        return next((point for point in reversed(self._kept) if point.step <= step), None)

    def cut(self, step: int) -> None:
        """Forget what came after `step`."""
        self._kept = [point for point in self._kept if point.step <= step]

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps whose states are kept."""
        return tuple(point.step for point in self._kept)


def _bytes(carry: Carry) -> int:
    return sum(getattr(leaf, "nbytes", 0) for leaf in jax.tree.leaves(carry))
