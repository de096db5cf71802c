"""The graphs of an inspection's stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.compiler.graph.graph import Graph, missing
from explorer.compiler.graph.hlo_graph import HloGraph
from explorer.compiler.graph.jaxpr_graph import JaxprGraph
from explorer.errors import FieldError
from explorer.records import Record

if TYPE_CHECKING:
    from explorer.compiler.inspection import Inspection

DRAWN = ("hlo", "jaxpr")  # the stages that there is a graph of, the one that is seen first in front


def graph_of(inspection: Inspection, stage: str) -> Graph:
    """Return the graph of a stage.

    Raises:
      FieldError: there is no graph of such a stage, or the stage cannot be had, with the reason.
    """
    if stage not in DRAWN:
        raise FieldError("stage", f"there is no graph of '{stage}'.", f"Allowed: {', '.join(DRAWN)}.")
    reason = _missing(inspection, stage)
    if reason is not None:
        raise FieldError("stage", reason, "")
    return JaxprGraph(inspection.stages[stage].text) if stage == "jaxpr" else HloGraph(inspection.instructions.module)


def graphs_of(
    inspection: Inspection, function: str, stage: str | None = None, inside: int | None = None
) -> dict[str, Record]:
    """Return graph/<function>/<stage>, by key: of a small program all of it; of a large one the entry computation, and
    what else was asked for.

    Args:
      inspection: whose.
      function: what the keys call it.
      stage: "hlo" or "jaxpr"; None for both.
      inside: a computation that is wanted too, as its place among the graph's.
    """
    return {
        f"graph/{function}/{name}": _record(inspection, function, name, inside)
        for name in (DRAWN if stage is None else (stage,))
    }


def _record(inspection: Inspection, function: str, stage: str, inside: int | None) -> Record:
    reason = _missing(inspection, stage)
    if reason is not None:
        return missing(function, stage, reason)
    graph = inspection.graph(stage)
    if inside is not None:
        graph.want(inside)
    return graph.record(function, stage)


def _missing(inspection: Inspection, stage: str) -> str | None:
    """Return why there is no text to make a graph of; None where there is one."""
    if stage == "hlo":
        return inspection.instructions.missing
    text = inspection.stages["jaxpr"]
    return None if text.available else text.reason or "There is no jaxpr."
