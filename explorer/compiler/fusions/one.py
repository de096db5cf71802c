"""A pair of neighbours: what makes a value and what reads it, in one kernel or in two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Sources = tuple[Any, ...]  # SourceSpans, the innermost first


@dataclass(frozen=True, slots=True)
class Fusion:
    """Two instructions of which one reads what the other makes: two kernels, or two parts of one.

    Args:
      producer, consumer: their names in the optimized HLO.
      fused: whether they are in one kernel, so that what is between them never goes to memory.
      reason: why they are not, in plain words; None where they are.
      recorded: the reason as XLA wrote it; None where it wrote none.
      us_fused, us_unfused: microseconds that the producer and all that read it take, fused and apart, as XLA's model
        of the device has it; None where it has no estimate, or none that is sane.
      bytes: that the producer writes to memory and the consumer reads there; 0 where they are fused.
      readers: how many kernels read the producer, as far as XLA told; its reason is of one of them, its times are of
        all that read it.
      kernel: the name of the kernel that both are in; None where they are in two.
      lines: where the two stand in the optimized HLO, from 1.
    """

    producer: str
    consumer: str
    fused: bool
    reason: str | None
    recorded: str | None
    us_fused: float | None
    us_unfused: float | None
    bytes: int
    readers: int | None
    kernel: str | None
    lines: tuple[int, int]
    sources_of: Callable[[int], Sources] = field(repr=False, compare=False)

    @property
    def sources(self) -> Sources:
        """The pieces of source that the two come from, each once: the producer's, then the consumer's."""
        return tuple(dict.fromkeys(source for line in self.lines for source in self.sources_of(line)))
