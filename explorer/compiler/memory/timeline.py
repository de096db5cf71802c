"""What lives when in the memory of one call: every buffer, over the instructions in their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heappop, heappush
from typing import Any

import numpy as np

from explorer.compiler.hlo.module import Module
from explorer.compiler.listed import Listed
from explorer.compiler.machine.written import Written
from explorer.compiler.memory.reports import Allocation, ReportError, Value, allocations_in, ranges_in

KINDS = ("argument", "output", "temporary", "constant")
NOT_TOLD = "The compiler for this device does not tell which value lies where, and when."

Sources = tuple[Any, ...]  # SourceSpans, the innermost first


@dataclass(frozen=True, slots=True)
class Buffer:
    """A value in memory, from the step that makes it to the last that needs it.

    Args:
      name: of the instruction that makes it; with the part in braces where that makes several.
      kind: "argument", "output", "temporary" or "constant".
      bytes: its size.
      start, end: the first and the last step that it is needed in, from 0.
      instruction: the instruction that makes it.
      line: where that stands in the optimized HLO, from 1; None where it is not in it.
      shape: its type, as XLA prints it.
      allocation, offset: where it lies: the number of the stretch of memory, and the byte in it.
      sources: where in the source it comes from.
    """

    name: str
    kind: str
    bytes: int
    start: int
    end: int
    instruction: str
    line: int | None
    shape: str
    allocation: int
    offset: int
    sources: Sources = field(repr=False, default=())


class Timeline(Listed[Buffer]):
    """The buffers of one call in the device's main memory, in the order of XLA's report; empty, with a reason, where it
    is not known.

    Args:
      buffers: all of them.
      steps: the instructions in the order in which they run.
      allocations: the stretches of memory that they lie in.
      missing: why there are none.
    """

    def __init__(
        self,
        buffers: Sequence[Buffer] = (),
        steps: Sequence[str] = (),
        allocations: Sequence[Allocation] = (),
        missing: str | None = None,
    ) -> None:
        super().__init__(tuple(buffers))
        self.steps, self.missing = tuple(steps), missing
        self.allocations = tuple(one for one in allocations if one.main and not one.thread_local)

    def __repr__(self) -> str:
        if self.missing is not None:
            return f"<no timeline: {self.missing}>"
        head = (
            f"<{len(self):,} buffers over {len(self.steps):,} steps: {self.peak_bytes:,} bytes set aside, of which at "
            f"most {self.used_bytes[self.fullest_step]:,} are in use, at step {self.fullest_step:,}>"
        )
        full = self.at(self.fullest_step)
        rows = [f"{b.bytes:>14,}  {b.kind:<9}  {b.name}  ({_place(b)})" for b in full[:12]]
        rest = len(full) - len(rows)
        return "\n".join([head, *rows, *([f"and {rest:,} smaller ones"] if rest > 0 else [])])

    @cached_property
    def used_bytes(self) -> np.ndarray:
        """i64[steps + 1], the bytes that hold something at each step, and after the last. A value that is changed in
        place counts once."""
        change = np.zeros(len(self.steps) + 2, np.int64)
        places: dict[tuple[int, int], list[Buffer]] = defaultdict(list)
        for buffer in self:
            places[buffer.allocation, buffer.offset].append(buffer)
        for buffers in places.values():
            _add_largest(change, buffers)
        return np.cumsum(change)[:-1]

    @property
    def fullest_step(self) -> int:
        """The first step at which the most bytes hold something."""
        return int(self.used_bytes.argmax()) if len(self) else 0

    def at(self, step: int) -> tuple[Buffer, ...]:
        """Return the buffers that are needed at a step, from 0, the largest first."""
        return tuple(sorted((b for b in self if b.start <= step <= b.end), key=lambda b: (-b.bytes, b.name)))

    @property
    def allocated(self) -> dict[str, int]:
        """The bytes that XLA sets aside for one call, by kind of memory: "argument", "output", "temporary", "constant",
        and "alias", those of results in the memory of arguments, which count in both."""
        found = dict.fromkeys((*KINDS, "alias"), 0)
        for one in self.allocations:
            found["argument"] += one.bytes if one.parameter is not None else 0
            found["output"] += one.bytes if one.output else 0
            found["alias"] += one.bytes if one.output and one.parameter is not None else 0
            found["constant"] += one.bytes if one.constant else 0
            other = one.parameter is None and not one.output and not one.constant
            found["temporary"] += one.bytes if other else 0
        return found

    @property
    def peak_bytes(self) -> int:
        """The most bytes that one call holds: all that XLA sets aside for it, as it does once for the whole call."""
        return sum(one.bytes for one in self.allocations)

    def by_source(self, step: int | None = None) -> dict[Any, int]:
        """Return the bytes that each piece of source keeps at a step, the most first; of an instruction that comes
        from several, the first counts.

        Args:
          step: from 0; None for the fullest.
        """
        step = self.fullest_step if step is None else step
        found: dict[Any, int] = {}
        for buffer in self:
            own = next((source for source in buffer.sources if not source.library), None)
            if own is not None and buffer.start <= step <= buffer.end:
                found[own] = found.get(own, 0) + buffer.bytes
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def timeline_of(written: Written, module: Module, sources_of: Callable[[int], Sources] = lambda line: ()) -> Timeline:
    """Return the timeline of a program.

    Args:
      written: what XLA wrote of the program.
      module: its optimized HLO.
      sources_of: from a line of that text, from 1, to where it comes from.
    """
    if written.missing is not None or not written.assignment or not written.ranges:
        return Timeline(missing=written.missing or NOT_TOLD)
    try:
        allocations, ranges = allocations_in(written.assignment), ranges_in(written.ranges)
    except ReportError as error:  # a printer that changed with a version
        return Timeline(missing=f"XLA's report on memory could not be read: {error}.")
    lines = {instruction.name: instruction.line for instruction in module}
    last = len(ranges.steps)
    buffers = []
    for allocation in allocations:
        for value in allocation.values:
            known = ranges.of.get((value.name, value.part))
            if allocation.thread_local or not allocation.main or known is None:
                continue
            start, end = known
            line = lines.get(value.name)
            buffers.append(
                Buffer(
                    value.name if value.part == "{}" else f"{value.name}{value.part}",
                    _kind(allocation, value, end == last),
                    value.bytes,
                    start,
                    end,
                    value.name,
                    line,
                    value.shape,
                    allocation.number,
                    value.offset,
                    sources_of(line) if line is not None else (),
                )
            )
    return Timeline(buffers, ranges.steps, allocations)


def _add_largest(change: np.ndarray, buffers: Sequence[Buffer]) -> None:
    """Add how the size of the largest of these buffers, which lie in one place, changes from step to step."""
    last = len(change) - 2
    waiting = sorted(buffers, key=lambda buffer: buffer.start, reverse=True)
    living: list[tuple[int, int]] = []  # the largest first: minus its size, and its last step
    before = 0
    for step in sorted({point for b in buffers for point in (b.start, min(b.end, last) + 1)}):
        while waiting and waiting[-1].start <= step:
            buffer = waiting.pop()
            heappush(living, (-buffer.bytes, buffer.end))
        while living and living[0][1] < step:
            heappop(living)
        now = -living[0][0] if living else 0
        change[step] += now - before
        before = now


def _kind(allocation: Allocation, value: Value, to_the_end: bool) -> str:
    if allocation.constant:
        return "constant"
    if allocation.parameter is not None and value is allocation.values[0]:
        return "argument"
    return "output" if allocation.output and to_the_end else "temporary"


def _place(buffer: Buffer) -> str:
    own = next((source for source in buffer.sources if not source.library), None)
    return "from no line of the program" if own is None else f"{own.file.rsplit('/', 1)[-1]}:{own.line}"
