"""The record of a program over many devices: its mesh, what they exchange and why, and what running it gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.compiler.sharded.run import SLOW, ShardedRun
from explorer.errors import ExplorerError
from explorer.records import Record

if TYPE_CHECKING:
    from explorer.compiler.collectives import Collective
    from explorer.compiler.inspection import Inspection

MOST = 300  # exchanges that are listed, those of most bytes first


def sharding_of(inspection: Inspection, function: str) -> dict[str, Record]:
    """Return sharding/<function>, by key; of a program for one device it lists nothing."""
    return {f"sharding/{function}": _record(inspection, function, inspection.ran_sharded, None)}


def run_sharded_of(inspection: Inspection, function: str) -> dict[str, Record]:
    """Run the program over simulated devices, and return sharding/<function>, by key, with what came of it."""
    try:
        ran, problem = inspection.run_sharded(), None
    except ExplorerError as error:  # what does not fit, died, was cancelled or took too long: said in its place
        ran, problem = None, str(error)
    return {f"sharding/{function}": _record(inspection, function, ran, problem)}


def _record(inspection: Inspection, function: str, ran: ShardedRun | None, problem: str | None) -> Record:
    sharding = inspection.sharding
    found = inspection.collectives if sharding is not None or inspection.spans_devices else ()
    files = {name: number for number, name in enumerate(inspection.files.names)}
    rows = sorted((row for one in found for row in _rows(one, files)), key=lambda row: -row["bytes"])
    return Record(
        "sharding",
        {
            "function": function,
            "mesh": [] if sharding is None else [{"name": name, "size": size} for name, size in sharding.mesh],
            "exchanges": rows[:MOST],
            "listed": len(rows),
            "bytes": sum(one.bytes for one in found),
            "compiled": inspection.stages["hlo"].available,
            "run": None if ran is None else _run(ran),
            "problem": problem,
        },
    )


def _rows(one: Collective, files: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "kind": one.kind,
            "shape": part.shape,
            "bytes": part.bytes,
            "devices": one.devices,
            "axes": None if one.axes is None else list(one.axes),
            "why": one.why(part),
            "line": one.line - 1,
            "joined": len(one.parts),
            "places": [_place(source, files) for source in part.sources if not source.library],
        }
        for part in one.parts
    ]


def _place(source: Any, files: dict[str, int]) -> dict[str, int]:
    return {
        "file": files[source.file],
        "line": source.line,
        "column": source.column,
        "lastLine": source.end_line,
        "lastColumn": source.end_column,
    }


def _run(ran: ShardedRun) -> dict[str, Any]:
    return {
        "sentence": ran.sentence,
        "agrees": ran.agrees,
        "made_up": ran.made_up,
        "one_ms": ran.one_ms,
        "many_ms": ran.many_ms,
        "times": SLOW,
        "reason": ran.tolerance_reason,
        "results": [
            {
                "name": result.name,
                "shape": list(result.shape),
                "dtype": result.dtype,
                "piece": list(result.piece),
                "apart": _finite(result.max_abs),
                "share": _finite(result.max_rel),
                "tolerance": result.tolerance,
                "agrees": result.agrees,
                "equal": result.equal,
            }
            for result in ran.results
        ],
    }


def _finite(value: float) -> float | None:
    """Return a number; None for one that JSON has not: where one result is no number and the other is."""
    return value if abs(value) < float("inf") else None
