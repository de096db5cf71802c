"""What came of XLA's decisions in the end: of each producer that stayed, why; of each fusion, what it was to gain."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from explorer.compiler.fusions.dump import Decision, Priced, Refused


class Times(NamedTuple):
    """XLA's estimate of a producer with everything that reads it, in microseconds.

    Args:
      fused: with the producer fused into all that reads it.
      unfused: apart.
      readers: how many read it.
    """

    fused: float
    unfused: float
    readers: int

    @property
    def sane(self) -> bool:
        """Whether both are times at all; XLA's increments can add up to less than nothing."""
        return all(math.isfinite(us) and us > 0 for us in self[:2])

    @property
    def gains(self) -> bool:
        """Whether fused takes no longer, which is when XLA fuses."""
        return self.fused <= self.unfused


class Verdict(NamedTuple):
    """What XLA last decided of a producer.

    Args:
      reason: why it may not be fused, as XLA wrote it; None where it may.
      times: the estimate, None where there is none that holds.
      copied: whether it was fused after that. Where it is still there, it was into some that read it only.
    """

    reason: str | None
    times: Times | None
    copied: bool = False


class Verdicts(NamedTuple):
    """What came of a pass.

    Args:
      of: by the names that instructions have after the pass, what was decided last of each as a producer.
      gains: by the name of a fusion, for each of the instructions that were fused into another in it, by the name it
        had before the pass, the estimate that led to it, None where none holds.
      roots: by the name of a fusion, the instruction whose result it gives, by the name it had before the pass.
    """

    of: dict[str, Verdict]
    gains: dict[str, dict[str, Times | None]]
    roots: dict[str, str]


def verdicts_of(decisions: Iterable[Decision]) -> Verdicts:
    """Return what came of decisions, in the order in which they were taken.

    A producer that waits to be fused is not estimated anew where its consumers change: XLA writes only what its
    estimate changes by, which is negative where consumers are cheaper than before. These are added up here. A sum is
    held to what XLA did next, and forgotten where it says otherwise: what was fused was to gain, what stayed was not.
    """
    of: dict[str, Verdict] = {}
    waiting: set[str] = set()
    gains: dict[str, dict[str, Times | None]] = {}
    roots: dict[str, str] = {}
    for decision in decisions:
        if isinstance(decision, Refused):
            of[decision.producer] = Verdict(decision.reason, None)
            waiting.discard(decision.producer)
        elif isinstance(decision, Priced):
            before = of.get(decision.producer)
            added = before.times if before and decision.producer in waiting else None
            times = Times(
                decision.us_fused + (added.fused if added else 0.0),
                decision.us_unfused + (added.unfused if added else 0.0),
                len(decision.consumers),
            )
            of[decision.producer] = Verdict(None, times)
            (waiting.add if times.gains else waiting.discard)(decision.producer)
        else:
            found = of.get(decision.producer)
            times_then = _held(found.times if found else None, gains=True)
            of[decision.producer] = Verdict(None, found.times if found else None, copied=True)
            root = roots.get(decision.producer, decision.producer)
            inside = {**gains.get(decision.consumer, {}), **gains.get(decision.producer, {}), root: times_then}
            gains[decision.fusion] = inside
            roots[decision.fusion] = roots.get(decision.consumer, decision.consumer)
            waiting -= {decision.producer, decision.consumer, decision.fusion}
            if decision.fusion != decision.consumer:
                of.pop(decision.consumer, None)
    kept = {
        name: verdict._replace(times=_held(verdict.times, gains=False)) if verdict.reason is None else verdict
        for name, verdict in of.items()
    }
    return Verdicts(kept, gains, roots)


def _held(times: Times | None, gains: bool) -> Times | None:
    return times if times is not None and times.sane and times.gains == gains else None
