"""Every kernel of a program under the roof of its device: is it held up by memory or by arithmetic?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from explorer.compiler.instruction_cost import BYTES
from explorer.compiler.instructions import Instructions, Sources
from explorer.compiler.roofline.peaks import Peaks


@dataclass(frozen=True, slots=True)
class Kernel:
    """One kernel that does arithmetic.

    Args:
      name: of the instruction, without the %.
      line: of the optimized HLO text, from 1.
      flops: floating point operations of one execution, as XLA counts them.
      bytes: that one execution reads and writes, as XLA counts them.
      intensity: FLOPs per byte.
      bound: what holds it up at most, "memory" or "arithmetic".
      microseconds: in one call of the function: measured, or else the least that the roof allows.
      measured: whether the microseconds were measured.
      reached: the share of what the roof allows, from 0; above 1 where data comes from a cache; NaN if not measured.
      sources: where in the source it comes from.
    """

    name: str
    line: int
    flops: float
    bytes: float
    intensity: float
    bound: Literal["memory", "arithmetic"]
    microseconds: float
    measured: bool
    reached: float
    sources: Sources = field(repr=False, default=())


class Roofline(Sequence[Kernel]):
    """The kernels of a program, those that take most time first.

    Args:
      peaks: what the device can do at most.
      kernels: those that do arithmetic that XLA counts.
      notes: sentences on what the figures leave out.
    """

    def __init__(self, peaks: Peaks, kernels: Sequence[Kernel], notes: Sequence[str]) -> None:
        self.peaks, self.notes = peaks, tuple(notes)
        self._kernels = sorted(kernels, key=lambda kernel: -kernel.microseconds)

    def __repr__(self) -> str:
        if self.peaks.edge is None:
            return f"<no roofline: {' '.join(self.notes)}>"
        held = sum(kernel.bound == "memory" for kernel in self)
        return f"<roofline of {len(self):,} kernels, {held:,} of them held up by memory>"

    def __len__(self) -> int:
        return len(self._kernels)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self._kernels[index]


def roofline(instructions: Instructions, peaks: Peaks, notes: Sequence[str]) -> Roofline:
    """Return the kernels of a program under a roof; those that the profile does not tell apart are left out."""
    edge = peaks.edge
    if edge is None or peaks.memory is None or instructions.missing is not None:
        return Roofline(peaks, (), notes)
    costs, measured = instructions.costs, instructions.measured_us
    peak, bandwidth = peaks.arithmetic[0].per_second, peaks.memory.per_second
    found = []
    for place in np.flatnonzero(((costs.counts & BYTES) > 0) & (costs.bytes > 0) & (costs.flops > 0)).tolist():
        flops, moved = float(costs.flops[place]), float(costs.bytes[place])
        timed = bool(measured[place] > 0)
        if instructions.measured is not None and not timed:
            continue
        executed = float(costs.executed_flops[place])
        work = flops if math.isnan(executed) else executed
        intensity = flops / moved
        least = work / min(peak, bandwidth * intensity) * 1e6
        took = float(measured[place]) if timed else least
        own = instructions.module.instructions[place]
        found.append(
            Kernel(
                own.name,
                own.line,
                flops,
                moved,
                intensity,
                "memory" if intensity < edge else "arithmetic",
                took,
                timed,
                least / took if timed else math.nan,
                instructions.sources_of(own.line),
            )
        )
    return Roofline(peaks, found, notes)
