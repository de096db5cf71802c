"""The graphs of an inspection's stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.compiler.graph.graph import missing
from explorer.compiler.graph.hlo_graph import hlo_graph
from explorer.compiler.graph.jaxpr_graph import jaxpr_graph
from explorer.records import Record

if TYPE_CHECKING:
    from explorer.compiler.inspection import Inspection


def graphs_of(inspection: Inspection, function: str) -> dict[str, Record]:
    """Return graph/<function>/jaxpr and graph/<function>/hlo, by key."""
    jaxpr, instructions = inspection.stages["jaxpr"], inspection.instructions
    return {
        f"graph/{function}/jaxpr": jaxpr_graph(jaxpr.text).record(function, "jaxpr")
        if jaxpr.available
        else missing(function, "jaxpr", jaxpr.reason or "There is no jaxpr."),
        f"graph/{function}/hlo": hlo_graph(instructions.module).record(function, "hlo")
        if instructions.missing is None
        else missing(function, "hlo", instructions.missing),
    }
