"""What shows an inspection: its records, at once and later, and those that a page holds besides."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import jax
import jaxlib
import numpy as np

from explorer.compiler.graph.of import graphs_of
from explorer.compiler.memory.record import memory_record
from explorer.compiler.roofline.record import roofline_of
from explorer.compiler.sharded.record import run_sharded_of, sharding_of
from explorer.compiler.stage import LATE, STAGES
from explorer.records import Record

if TYPE_CHECKING:
    from explorer.compiler.inspection import Inspection

QUICK = 100_000  # characters of a jaxpr: about 1,500 operations, of which the HLO has some MB
QUICK_MS = 10_000  # a program that compiles in less is compiled once more for a page
ALONE = "function"  # what an inspection by itself is called in the keys of its records


def versions() -> dict[str, str]:
    """Return the versions that decide what a program becomes: of jax, jaxlib and python."""
    return {"jax": jax.__version__, "jaxlib": jaxlib.__version__, "python": platform.python_version()}


def is_large(inspection: Inspection) -> bool:
    """Say whether its texts are so long that the first is shown before the others are made."""
    return len(inspection.stages["jaxpr"].text or inspection.stages["stablehlo"].text) > QUICK


def texts_of(
    inspection: Inspection, function: str, stages: Sequence[str] = STAGES, *, reported: bool = True
) -> dict[str, Record]:
    """Return inspection/<function>, source/<function> and stage/<function>/<stage>, by key.

    Args:
      inspection: what is shown.
      function: what the keys call it, among the functions of an explorer.
      stages: those whose texts are wanted.
      reported: whether XLA is asked what a call costs and holds: 0.6 s for a program of 94,000 instructions.
    """
    texts = {f"stage/{function}/{name}": inspection.stages[name].record(function) for name in stages}
    header = {
        "function": function,
        "title": inspection.name,
        "device": inspection.device,
        "stages": [
            {"stage": s.name, "title": s.title, "available": s.pending or s.available, "reason": s.known_reason}
            for s in map(inspection.stages.__getitem__, STAGES)
        ],
        "late": [
            {"stage": s.name, "title": s.title, "reason": s.never, "language": s.language}
            for s in inspection.stages.late.values()
        ],
        "times_ms": dict(inspection.times_ms),
        "cost": dict(inspection.cost) if reported else None,
        "memory": dict(inspection.memory) if reported else None,
        "versions": versions(),
        "problem": inspection.problem,
    }
    return {
        f"inspection/{function}": Record("inspection", header),
        f"source/{function}": _source(inspection, function),
        **texts,
    }


def figures_of(inspection: Inspection, function: str) -> dict[str, Record]:
    """Return what costs time to make, by key: instructions/<function>, summary/<function>, sharding/<function>."""
    return {
        f"instructions/{function}": inspection.instructions.record(function),
        f"summary/{function}": inspection.summary.record(function),
        **sharding_of(inspection, function),
    }


def passes_of(inspection: Inspection, function: str) -> dict[str, Record]:
    """Return passes/<function>, by key; the program is compiled once more for it."""
    return {f"passes/{function}": inspection.passes.record(function)}


def fusions_record_of(inspection: Inspection, function: str) -> dict[str, Record]:
    """Return fusions/<function>, by key; for a GPU the program is compiled once more for it."""
    return {f"fusions/{function}": inspection.fusions.record(function)}


def machine_of(inspection: Inspection, function: str) -> dict[str, Record]:
    """Return stage/<function>/<stage> of the stages below HLO; the program is compiled once more for it."""
    return {f"stage/{function}/{name}": inspection.stages[name].record(function) for name in LATE}


def memory_record_of(inspection: Inspection, function: str) -> dict[str, Record]:
    """Return memory/<function>, by key; the program is compiled once more for it."""
    return {f"memory/{function}": memory_record(function, inspection.memory, inspection.files)}


def donation_of(inspection: Inspection, function: str) -> dict[str, Record]:
    """Return memory/<function>, by key, with what donation would save; the program is compiled once more for it."""
    inspection.memory.try_donation()
    return memory_record_of(inspection, function)


def checkpoint_of(inspection: Inspection, function: str) -> dict[str, Record]:
    """Return memory/<function>, by key, with what `jax.checkpoint` would save; it is compiled once more for it."""
    inspection.memory.try_checkpoint()
    return memory_record_of(inspection, function)


# What is made when somebody asks, by the name of the command, which may say more than the function; most of it costs a
# compile.
ON_DEMAND: Mapping[str, Callable[..., dict[str, Record]]] = {
    "passes": passes_of,
    "fusions": fusions_record_of,
    "machine": machine_of,
    "memory": memory_record_of,
    "graph": graphs_of,
    "roofline": roofline_of,
    "try_donation": donation_of,
    "try_checkpoint": checkpoint_of,
    "run_sharded": run_sharded_of,
}
ONCE = frozenset({"run_sharded"})  # not asked for again by another look: it runs the function


def issue_of(inspection: Inspection, function: str, program: str | None = None) -> dict[str, Record]:
    """Return issue/<function>, by key; `program` as `Inspection.issue` takes it."""
    return {f"issue/{function}": Record("issue", {"function": function}, {"text": inspection.issue(program)})}


def alone(inspection: Inspection, stages: Sequence[str] = STAGES, *, reported: bool = True) -> dict[str, Record]:
    """Return what a panel of one inspection shows, with the list of functions that it is the only one of."""
    listed = [{"name": ALONE, "title": inspection.name, "help": ""}]
    functions = Record("functions", {"functions": listed, "current": ALONE, "device": inspection.device})
    subject = {} if inspection.subject is None else {f"subject/{ALONE}": inspection.subject.record(ALONE)}
    return {"functions": functions, **subject, **texts_of(inspection, ALONE, stages, reported=reported)}


def first_records_of(inspection: Inspection) -> dict[str, Record]:
    """Return what is shown at once: of a large program the first text, the others when that is on screen."""
    return alone(inspection, STAGES[:1], reported=False) if is_large(inspection) else alone(inspection)


def late_records_of(inspection: Inspection) -> Iterator[dict[str, Record]]:
    """Make what `first_records_of` left for later, by key: text after text, each to be shown once it is there."""
    if is_large(inspection):
        for name in STAGES[1:]:
            yield texts_of(inspection, ALONE, [name])


def page_records_of(inspection: Inspection) -> dict[str, Record]:
    """Return what a page shows: the figures, what changed since the last look, and the passes and the memory over
    time, too; of a program that takes long to compile these are there only where they were asked for before, as the
    kernels always are."""
    quick = (inspection.times_ms.get("compile") or 0) < QUICK_MS
    return {
        **alone(inspection),
        **figures_of(inspection, ALONE),
        **(passes_of(inspection, ALONE) if quick or "passes" in vars(inspection) else {}),
        **(fusions_record_of(inspection, ALONE) if "fusions" in vars(inspection) else {}),
        **(memory_record_of(inspection, ALONE) if quick or "_written" in vars(inspection) else {}),
        **(machine_of(inspection, ALONE) if "kernels" in vars(inspection) else {}),
        **graphs_of(inspection, ALONE),
        **({} if inspection.since is None else {f"comparison/{ALONE}": inspection.since.record(ALONE)}),
        **issue_of(inspection, ALONE),
    }


def _source(inspection: Inspection, function: str) -> Record:
    main, own, files = inspection.main, inspection.definition, inspection.files
    here = own is not None and main is not None and files.names[main] == own.file
    first, last = (own.first, own.last) if own is not None and here else (_first_linked(inspection), None)
    header = {"function": function, "files": files.header(), "main": main, "first": first, "last": last}
    return Record("source", header)


def _first_linked(inspection: Inspection) -> int | None:
    """Return the first line of the main file that something comes from."""
    linked = [inspection.stages[name].links.rows for name in STAGES]
    rows = np.concatenate([np.zeros((0, 8), np.int32), *linked])
    lines = rows[(rows[:, 7] == 0) & (rows[:, 1] == inspection.main), 2]
    return int(lines.min()) if len(lines) else None
