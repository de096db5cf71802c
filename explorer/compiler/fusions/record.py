"""The record of what was fused and what was not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.compiler.hlo.instruction import Instruction
from explorer.records import Record

if TYPE_CHECKING:
    from explorer.compiler.fusions.fusions import Fusions


def fusions_record(function: str, fusions: Fusions) -> Record:
    """Return the record of `function`'s fusions. Lines are those of the optimized HLO, from 0.

    `kernels` are rows of (line, group), in the order in which they run; the groups in the header are the computations
    that run them. `pairs` are rows of (producer, consumer, reason, readers or -1), the first two by their places among
    the kernels; `inside` are rows of (kernel, line of the producer, line of the consumer) for parts of one kernel.
    `bytes` are those of the pairs; `times` are rows of microseconds (fused, unfused) of the pairs, then of `inside`;
    NaN where there is none.
    """
    module, layout = fusions.module, fusions.layout
    reasons: dict[tuple[str, ...], int] = {}
    told: list[dict[str, Any]] = []
    pairs, times = [], []
    for pair, apart in zip(layout.neighbours, fusions.apart, strict=True):
        reason = apart.reason
        key = (reason.title, apart.text, reason.recorded or "")
        if key not in reasons:
            reasons[key] = len(told)
            told.append({"kind": reason.kind, "title": reason.title, "text": apart.text, "recorded": reason.recorded})
        pairs.append((pair.producer, pair.consumer, reasons[key], apart.readers or -1))
        times.append(apart.times[:2] if apart.times else (math.nan, math.nan))
    inside = []
    for at, producer, consumer in fusions.inside:
        found = fusions.gains[at].get(producer)
        inside.append((at, module.lines[producer], module.lines[consumer]))
        times.append(found[:2] if found else (math.nan, math.nan))
    groups = list(dict.fromkeys(kernel.group for kernel in layout.kernels))
    header = {
        "function": function,
        "reason": fusions.missing,
        "note": fusions.note,
        "groups": [_group(fusions, group) for group in groups],
        "work": [", ".join(_work(fusions, kernel.parts)) for kernel in layout.kernels],
        "reasons": told,
    }
    rows = [(module.lines[kernel.place], groups.index(kernel.group)) for kernel in layout.kernels]
    return Record(
        "fusions",
        header,
        {
            "kernels": np.array(rows, np.int32).reshape(-1, 2),
            "pairs": np.array(pairs, np.int32).reshape(-1, 4),
            "inside": np.array(inside, np.int32).reshape(-1, 3),
            "bytes": np.array([pair.bytes for pair in layout.neighbours], np.float64),
            "times": np.array(times, np.float64).reshape(-1, 2),
        },
    )


def _group(fusions: Fusions, place: int) -> dict[str, Any]:
    """Return the name of a computation, and whether the program begins with it."""
    computation = fusions.module.computations[place]
    return {"name": computation.name, "entry": computation.is_entry}


def _work(fusions: Fusions, parts: tuple[int, ...]) -> list[str]:
    """Return what a kernel does: its opcodes, each with how often where that is more than once."""
    counts: dict[str, int] = {}
    for part in parts:
        opcode = Instruction(fusions.module, part).opcode
        counts[opcode] = counts.get(opcode, 0) + 1
    return [f"{opcode} ({count:,})" if count > 1 else opcode for opcode, count in counts.items()]
