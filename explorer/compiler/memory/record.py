"""The record of a program's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.compiler.memory.timeline import KINDS
from explorer.compiler.source import Files
from explorer.records import Record

if TYPE_CHECKING:
    from explorer.compiler.memory.memory import Memory
    from explorer.compiler.memory.residuals import Residuals


def memory_record(function: str, memory: Memory, files: Files) -> Record:
    """Return the record of `function`'s memory; `files` is the table that places point into.

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
        "residuals": _residuals(memory.residuals, files),
        "tried": [
            {"change": one.change, "sentence": one.sentence, "saved": None if one.missing else one.saved_bytes}
            for one in memory.tried.values()
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


def _residuals(found: Residuals, files: Files) -> dict[str, Any]:
    numbers = {name: number for number, name in enumerate(files.names)}
    rows = []
    for one in found:
        source = one.source
        place = None
        if source is not None:
            place = {"file": numbers[source.file], "line": source.line, "column": source.column}
            place |= {"lastLine": source.end_line, "lastColumn": source.end_column}
        rows.append(
            {"name": one.name, "shape": one.shape, "bytes": one.bytes, "argument": one.argument, "place": place}
        )
    return {"reason": found.missing, "supposed": found.supposed, "bytes": found.bytes, "rows": rows}
