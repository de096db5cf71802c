"""The instructions of what runs on the device, one record each: what it costs, what it took, where it comes from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from explorer.compiler.hlo.errors import HloSyntaxError
from explorer.compiler.hlo.module import Module
from explorer.compiler.hlo.reader import read
from explorer.compiler.hlo.renamed import FUSION
from explorer.compiler.instruction_cost import BYTES, FLOPS, Costs, Figures, costs_of, counted_here, no_costs
from explorer.compiler.profile import Measured
from explorer.compiler.targets.process import TargetError
from explorer.records import Record

Sources = tuple[Any, ...]  # SourceSpans, the innermost first


@dataclass(frozen=True, slots=True)
class Instruction:
    """One HLO instruction of the optimized module.

    Args:
      name: without the %.
      opcode: what it does, such as "fusion".
      computation: the name of the computation it is in.
      line: the line of the optimized HLO text, from 1.
      flops: floating point operations as XLA counts them: a loop's body once, with all that the instruction
        runs; NaN where XLA does not count.
      executed_flops: the same in one call of the function, a loop's body as often as it runs; NaN where that
        is unknown.
      bytes: bytes read and written by one execution, as XLA counts them; NaN where it does not, and for the
        parts of a fusion, which stay in registers.
      measured_us: microseconds in one call of the function, from a profile; NaN where there is none, or the
        device does not tell it apart.
      sources: where in the source it comes from.
    """

    name: str
    opcode: str
    computation: str
    line: int
    flops: float
    executed_flops: float
    bytes: float
    measured_us: float
    sources: Sources = field(repr=False, default=())


class Instructions(Sequence[Instruction]):
    """All instructions of a module, in the order of its text; costed when a figure is first asked for.

    Args:
      text: the optimized HLO.
      sources_of: from a line of the text, from 1, to where it comes from.
      missing: one sentence on why there is no text; then there are no instructions.
      count: asks XLA what instructions cost, as `costs_of` takes it.

    Raises:
      HloSyntaxError: the text is not HLO.
    """

    def __init__(
        self,
        text: str,
        sources_of: Callable[[int], Sources] = lambda line: (),
        missing: str | None = None,
        count: Callable[[Sequence[str]], Figures] = counted_here,
    ) -> None:
        self.module: Module = read(text) if missing is None else Module("")
        self.sources_of = sources_of
        self.missing = missing
        self._count = count
        self.measured: Measured | None = None

    def __repr__(self) -> str:
        return (
            f"<no instructions: {self.missing}>"
            if self.missing
            else f"<{len(self):,} instructions of {self.module.name}>"
        )

    def __len__(self) -> int:
        return len(self.module)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        places = range(len(self))[index]
        return self._at(places) if isinstance(places, int) else [self._at(place) for place in places]

    def __iter__(self) -> Iterator[Instruction]:
        return (self._at(place) for place in range(len(self)))

    @cached_property
    def costs(self) -> Costs:
        """What each costs, as columns; NaN, with a note, where XLA prints instructions in another way than we know."""
        try:
            return costs_of(self.module, self._count)
        except (HloSyntaxError, TargetError) as error:
            return no_costs(self.module, f"Nothing was counted: {error}")

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what the figures leave out."""
        return self.costs.notes if self.missing is None else (self.missing,)

    @property
    def measured_us(self) -> np.ndarray:
        """f32[n], microseconds in one call of the function; NaN where not measured or not told apart."""
        found = np.full(len(self), math.nan, np.float32)
        if self.measured is not None:
            for place, instruction in enumerate(self.module):
                found[place] = self.measured.microseconds.get(instruction.name, math.nan)
        return found

    def totals(self) -> dict[str, float | None]:
        """Return the sums over one call of the function: instructions, fusions, custom_calls, flops,
        executed_flops, bytes (XLA's, loops once), executed_bytes, measured_us; None where unknown."""
        costs, module = self.costs, self.module
        codes = np.frombuffer(module.opcode_of, np.uint16)
        innermost, moving = (costs.counts & FLOPS) > 0, (costs.counts & BYTES) > 0
        entry = module.entry
        top = slice(entry.first, entry.last) if entry is not None else slice(0, 0)
        loops = costs.executed_flops[top][np.isnan(costs.executed_flops[top]) & ~np.isnan(costs.flops[top])]
        runs = costs.calls.runs[np.frombuffer(module.owners, np.uint32)]
        known = costs.counted_by is not None and self.missing is None
        return {
            "instructions": len(self),
            "fusions": int(np.isin(codes, [c for c, code in enumerate(module.opcodes) if code in FUSION]).sum()),
            "uncounted": int(np.isnan(costs.flops[innermost]).sum()),
            "flops": float(np.nansum(costs.flops[top])) if known else None,
            "executed_flops": float(np.nansum(costs.executed_flops[top])) if known and not len(loops) else None,
            "bytes": float(np.nansum(costs.bytes[top])) if known else None,
            "executed_bytes": _sum(costs.bytes[moving] * runs[moving]) if known and not len(loops) else None,
            "measured_us": None if self.measured is None else float(np.nansum(self.measured_us[top])),
        }

    def record(self, function: str) -> Record:
        """Return the record of `function`'s instructions."""
        return instructions_record(function, self)

    def _at(self, place: int) -> Instruction:
        found, costs = self.module.instructions[place], self.costs
        measured = self.measured.microseconds.get(found.name, math.nan) if self.measured else math.nan
        return Instruction(
            found.name,
            found.opcode,
            found.computation.name,
            found.line,
            float(costs.flops[place]),
            float(costs.executed_flops[place]),
            float(costs.bytes[place]),
            measured,
            self.sources_of(found.line),
        )


def instructions_record(function: str, instructions: Instructions) -> Record:
    """Return the record of a function's instructions.

    The buffers have one value for each instruction, in the order of the text: lines (from 0, of the stage
    "hlo"), opcode and computation (indices into the header's lists), flops, executed_flops, bytes,
    measured_us (NaN where unknown), counts (bit 1: take this row when summing FLOPs; bit 2: take it when
    summing bytes and time; every row includes what it runs, so that other rows would count twice).
    header["runs"]: how often each computation runs in one call; None where unknown.
    """
    module, costs, measured = instructions.module, instructions.costs, instructions.measured
    return Record(
        "instructions",
        {
            "function": function,
            "stage": "hlo",
            "opcodes": list(module.opcodes),
            "computations": [computation.name for computation in module.computations],
            "runs": [None if math.isnan(runs) else runs for runs in costs.calls.runs.tolist()],
            "counted_by": costs.counted_by if instructions.missing is None else None,
            "measured": None if measured is None else measured.header(),
            "notes": list(instructions.notes),
        },
        {
            "lines": np.frombuffer(module.lines, np.uint32),
            "opcode": np.frombuffer(module.opcode_of, np.uint16),
            "computation": np.frombuffer(module.owners, np.uint32),
            "flops": costs.flops,
            "executed_flops": costs.executed_flops,
            "bytes": costs.bytes,
            "measured_us": instructions.measured_us,
            "counts": costs.counts,
            "whole": costs.whole,
            "part": costs.part,
        },
    )


def _sum(values: np.ndarray) -> float:
    return float(np.nansum(values))
