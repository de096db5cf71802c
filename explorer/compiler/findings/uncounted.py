"""What XLA does not count, so that no total holds it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explorer.compiler.findings.evidence import Evidence
from explorer.compiler.findings.finding import Finding
from explorer.compiler.findings.words import several
from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.instruction_cost import FLOPS

MOST = 5


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield what is missing from the totals: calls to libraries, then loops of unknown length."""
    costs = evidence.instructions.costs
    if costs.counted_by is None:
        yield Finding("uncounted", costs.notes[0], "fact")
        return
    groups: dict[str, list[int]] = {}
    for index in np.flatnonzero(np.isnan(costs.flops) & ((costs.counts & FLOPS) > 0)).tolist():
        groups.setdefault(_target(Instruction(evidence.module, index)), []).append(index)
    for target, found in sorted(groups.items(), key=lambda item: -len(item[1]))[:MOST]:
        place = evidence.place(found[0])
        calls = "" if len(found) == 1 else f" ({several(len(found), 'instruction')})"
        where = evidence.said(place) or "The compiler"
        text = f"{where} calls {target}{calls}: XLA does not count its FLOPs and bytes, and no total has them."
        lines = tuple(evidence.module.lines[index] + 1 for index in found[:20])
        yield Finding("uncounted", text, "fact", float(len(found)), "instructions", None, "hlo", lines, place)
    yield from _loops(evidence)


def _loops(evidence: Evidence) -> Iterator[Finding]:
    module = evidence.module
    callers = (Instruction(module, index) for index in evidence.instructions.costs.calls.callers)
    loops = [i for i in callers if i.opcode == "while" and i.trip_count is None]
    for loop in loops[:MOST]:
        place = evidence.place(loop.index)
        where = evidence.said(place) or f"The loop {loop.name}"
        text = (
            f"{where} loops until a condition holds: how often is not known beforehand, and its body is counted once."
        )
        yield Finding("uncounted", text, "fact", None, None, None, "hlo", (loop.line,), place)


def _target(instruction: Instruction) -> str:
    target = dict(instruction.attributes).get("custom_call_target", "").strip('"')
    return f"{target} (a {instruction.opcode})" if target else f"'{instruction.opcode}'"
