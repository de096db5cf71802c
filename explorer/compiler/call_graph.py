"""Who runs which computation, and how often, in one call of a module."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.hlo.module import Module
from explorer.compiler.hlo.renamed import CONTROL, FUSION, Kinds

Role = Literal["run", "fused", "applied", "unused"]


@dataclass(frozen=True)
class Calls:
    """How the computations of a module are run, by their place in the module.

    Args:
      role: "run" for the entry and what loops, branches and calls run; "fused" for a fusion's parts; "applied"
        for the little function of a reduction, a sort or a scatter; "unused" otherwise.
      runs: f64, how often in one call of the module; NaN where a loop's length is unknown. A branch counts as
        if it were taken; NaN too for what is applied, which depends on the data.
      callers: by the index of an instruction, what it runs: (how, place of the computation).
    """

    role: Sequence[Role]
    runs: np.ndarray
    callers: dict[int, list[tuple[str, int]]]


def times(instruction: Instruction, how: str) -> float:
    """Return how often an instruction, each time it is reached, runs a computation; NaN where unknown."""
    if how not in ("body", "condition"):
        return 1.0
    trips = instruction.trip_count
    return math.nan if trips is None else trips + (how == "condition")  # the last test ends the loop


def calls_of(module: Module, kinds: Kinds) -> Calls:
    """Return who runs what."""
    places = {computation.name: place for place, computation in enumerate(module.computations)}
    callers = {i.index: [(how, places[c]) for how, c in i.called if c in places] for i in _callers(module, kinds)}
    role: list[Role] = ["unused"] * len(module.computations)
    runs = np.zeros(len(module.computations))
    for place in reversed(kinds.order):  # those who call before those who are called
        computation = module.computations[place]
        if computation.is_entry:
            role[place], runs[place] = "run", 1.0
        for index in range(computation.first, computation.last):
            for how, called in callers.get(index, ()):
                instruction = Instruction(module, index)
                new = _role(instruction.opcode, role[place])
                if new not in ("applied", "unused"):
                    role[called] = new
                    runs[called] += runs[place] * times(instruction, how)
                elif role[called] == "unused":
                    role[called] = new
    runs[[found == "applied" for found in role]] = math.nan
    return Calls(role, runs, callers)


def _callers(module: Module, kinds: Kinds) -> Iterator[Instruction]:
    calling = kinds.calling
    return (Instruction(module, index) for index, kind in enumerate(kinds.of) if calling[kind])


def _role(opcode: str, caller: Role) -> Role:
    if opcode in FUSION:
        return "fused"
    if opcode in CONTROL:
        return caller
    return "applied"
