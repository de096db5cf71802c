"""An inspection as JSON, for other tools. `version` counts the form: what is there keeps its meaning within one."""

from __future__ import annotations

import json
import math
from typing import Any

from explorer.compiler.links import CARRIED, DETAIL, RULE
from explorer.compiler.rules import RULES
from explorer.compiler.shown import versions

VERSION = 1
_RULES = ("", *RULES)  # by their numbers


def as_json(inspection: Any) -> str:
    """Return an inspection as JSON.

    Lines count from 1 and columns from 0 in code points. `spans` of a stage are [line of the text, file, first line,
    first column, last line, last column, scope, carried, library, rule] with indices into `files` and `scopes`, or -1;
    `rule` says how a place was carried to a line, "" where it is the line's own.
    What is not a number in Python, such as an unknown cost, is null.
    """
    body = {
        "version": VERSION,
        "name": inspection.name,
        "device": inspection.device,
        "versions": versions(),
        "files": inspection.files.names,
        "stages": {name: _stage(stage) for name, stage in inspection.stages.items()},
        "times_ms": dict(inspection.times_ms),
        "cost": dict(inspection.cost),
        "memory": dict(inspection.memory),
        "totals": inspection.summary.totals,
        "findings": [finding.header() for finding in inspection.summary],
        "instructions": [_instruction(one) for one in inspection.instructions],
        "problem": inspection.problem,
    }
    return json.dumps(body, allow_nan=False, ensure_ascii=False)


def _stage(stage: Any) -> dict[str, Any]:
    spans = [
        [line + 1, *place, bool(flags & CARRIED), bool(flags & DETAIL), _RULES[flags >> RULE]]
        for line, *place, flags in stage.links.rows.tolist()
    ]
    return {
        "title": stage.title,
        "available": stage.available,
        "reason": stage.reason,
        "text": stage.text if stage.available else None,
        "spans": spans,
        "scopes": list(stage.links.scopes),
    }


def _instruction(one: Any) -> dict[str, Any]:
    figures = {name: getattr(one, name) for name in ("flops", "executed_flops", "bytes", "measured_us")}
    return {
        "name": one.name,
        "opcode": one.opcode,
        "computation": one.computation,
        "line": one.line,
        **{name: value if math.isfinite(value) else None for name, value in figures.items()},
    }
