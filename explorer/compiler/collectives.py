"""Where devices exchange data: the collectives that XLA put in, and the lines that made them necessary."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.hlo.module import Module
from explorer.compiler.hlo.shapes import TupleShape

KINDS = frozenset(
    {
        "all-reduce",
        "all-gather",
        "reduce-scatter",
        "all-to-all",
        "ragged-all-to-all",
        "collective-permute",
        "collective-broadcast",
    }
)
_RESULT_SECOND = frozenset({"all-gather-start", "collective-permute-start"})  # of (what goes in, what comes out, ...)
_LISTED = re.compile(r"\{\{([\d,]*)\}")
_COUNTED = re.compile(r"\[\d+,(\d+)\]<=")
_AXES = re.compile(r"'([^']+)'=(\d+)")
_ALONG = re.compile(r"'([^']+)'(?::\(\d+\)(\d+))?")  # of an axis all, or so many


class Collective(NamedTuple):
    """An exchange of data among devices.

    Args:
      name: of the instruction, without the %.
      kind: such as "all-reduce".
      bytes: that each device holds after it.
      devices: how many exchange with each other; None where the text does not say.
      line: of the optimized HLO, from 1.
      sources: the lines of source that made it necessary.
    """

    name: str
    kind: str
    bytes: int
    devices: int | None
    line: int
    sources: tuple[Any, ...] = ()


def kind_of(opcode: str) -> str | None:
    """Return the kind of a collective by its opcode, of one in two halves that of the first; None for any other."""
    kind = opcode.removesuffix("-start")
    return kind if kind in KINDS else None


def collectives_of(module: Module, sources_of: Callable[[int], tuple[Any, ...]]) -> tuple[Collective, ...]:
    """Return the collectives of a module, in the order of its text.

    Args:
      module: the optimized HLO.
      sources_of: from a line of the text, from 1, to where it comes from.
    """
    found = (instruction for instruction in module if kind_of(instruction.opcode))
    return tuple(
        Collective(one.name, kind_of(one.opcode) or "", bytes_of(one), devices_of(one), one.line, sources_of(one.line))
        for one in found
    )


def bytes_of(collective: Instruction) -> int:
    """Return how many bytes each device holds after a collective."""
    shape = collective.shape
    if collective.opcode in _RESULT_SECOND and isinstance(shape, TupleShape) and len(shape.elements) > 1:
        shape = shape.elements[1]
    return shape.bytes


def devices_of(collective: Instruction) -> int | None:
    """Return how many devices a collective is among: the size of its first group."""
    groups = dict(collective.attributes).get("replica_groups", "")
    if groups.startswith("mesh["):  # mesh['data'=16,'model'=4] {'data'}
        mesh, _, along = groups.partition("]")
        sizes = dict(_AXES.findall(mesh))
        return math.prod(int(part or sizes[axis]) for axis, part in _ALONG.findall(along))
    counted, listed = _COUNTED.search(groups), _LISTED.search(groups)
    if counted:
        return int(counted[1])
    return len(listed[1].split(",")) if listed and listed[1] else None
