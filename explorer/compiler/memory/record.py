"""The record of a program's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.compiler.memory.timeline import KINDS
from explorer.records import Record

if TYPE_CHECKING:
    from explorer.compiler.memory.memory import Memory


def memory_record(function: str, memory: Memory) -> Record:
    """Return the record of `function`'s memory.

    `names`, `shapes` and `steps` are one to a line: of the buffers, and the instructions in the order in which they
    run. `buffers` are rows of (kind, first step, last step, allocation, line of the optimized HLO from 0 or -1), the
    kind and the allocation by their places in the header; `sizes` are rows of (bytes, offset in the allocation);
    `used` holds the bytes in use at each step, and after the last.
    """
    timeline = memory.timeline
    places = {allocation.number: place for place, allocation in enumerate(timeline.allocations)}
    rows = [
        (KINDS.index(b.kind), b.start, b.end, places[b.allocation], -1 if b.line is None else b.line - 1)
        for b in timeline
    ]
    header = {
        "function": function,
        "reason": timeline.missing,
        "kinds": list(KINDS),
        "peak_bytes": timeline.peak_bytes,
        "allocated": timeline.allocated,
        "fullest": timeline.fullest_step,
        "allocations": [
            {"bytes": a.bytes, "argument": a.parameter is not None, "output": a.output, "constant": a.constant}
            for a in timeline.allocations
        ],
    }
    return Record(
        "memory",
        header,
        {
            "names": "\n".join(b.name for b in timeline),
            "shapes": "\n".join(b.shape for b in timeline),
            "steps": "\n".join(timeline.steps),
            "buffers": np.array(rows, np.int32).reshape(-1, 5),
            "sizes": np.array([(b.bytes, b.offset) for b in timeline], np.float64).reshape(-1, 2),
            "used": timeline.used_bytes.astype(np.float64),
        },
    )
