"""Instructions that only move bytes: copies and transposes, alone or in a fusion of nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explorer.compiler.findings.evidence import Evidence
from explorer.compiler.findings.finding import Finding
from explorer.compiler.findings.heaviest import heaviest
from explorer.compiler.findings.words import amount, percent, several
from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.hlo.shapes import ArrayShape

MOVING = frozenset({"copy", "transpose", "copy-start"})
PASSIVE = frozenset({"parameter", "bitcast", "reshape", "tuple", "get-tuple-element", "constant"})


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield the lines whose values are copied, those that move most bytes first."""
    copies = (index for index in np.flatnonzero(evidence.moved > 0).tolist() if _only_moves(evidence, index))
    for heavy in heaviest(evidence, copies):
        where = evidence.said(heavy.place) or "No line of yours"
        how = _how(evidence, heavy.instructions[0])
        count = len(heavy.instructions)
        many = several(count, "instruction") + (" only moves" if count == 1 else " only move")
        moved = f"{amount(heavy.bytes, 'B')} in one call, {percent(heavy.share)} of all bytes"
        text = f"{where}: {many} data ({how}), {moved}."
        yield Finding(
            "layout_copy", text, "modelled", heavy.bytes, "bytes", heavy.share, "hlo", heavy.lines, heavy.place
        )


def _only_moves(evidence: Evidence, index: int) -> bool:
    opcodes = {part.opcode for part in evidence.parts(index)} - PASSIVE
    return bool(opcodes) and opcodes <= MOVING


def _how(evidence: Evidence, index: int) -> str:
    part = next(part for part in evidence.parts(index) if part.opcode in MOVING)
    before = next((i for i in part.computation if i.printed_name == part.operands[0].name), None)
    if part.opcode == "copy-start":
        return f"{_type(before or part)} goes to another memory of the device"
    if part.opcode == "transpose":
        return f"the axes of {_type(part)} change their order"
    if before is not None and _order(before) != _order(part):
        return f"{_type(part)} changes its layout from {_order(before)} to {_order(part)}"
    return f"{_type(part)} is copied as it is"


def _type(instruction: Instruction) -> str:
    shape = instruction.shape
    if isinstance(shape, ArrayShape):
        return f"{shape.dtype}[{','.join(map(str, shape.dimensions))}]"
    return "a tuple"


def _order(instruction: Instruction) -> str:
    shape = instruction.shape
    layout = shape.layout if isinstance(shape, ArrayShape) else None
    return "" if layout is None else f"{{{','.join(map(str, layout.minor_to_major))}}}"
