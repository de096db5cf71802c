"""An inspection as the text of an issue: what was found, an excerpt, the versions and a program that shows it."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Any

from explorer.compiler import shown
from explorer.compiler.reproducer import reproducer

FINDINGS = 3
EXCERPT = 30  # lines
AROUND = 3  # lines of the excerpt on each side of a finding


def issue_of(inspection: Any, program: str | None = None) -> str:
    """Return an inspection as Markdown, with a program that shows it, or one made of its function."""
    found = list(inspection.summary)[:FINDINGS]
    problem = inspection.problem
    title = problem["title"] if problem else found[0].text.rstrip(".") if found else "what XLA makes of it"
    parts = [f"# `{inspection.name}`: {title}", ""]
    if problem:
        parts += [problem["text"], *([f"At {problem['where']}"] if problem["where"] else []), ""]
        parts += ["```", problem["detail"] or "", "```", ""]
    parts += [f"- {finding.text}" for finding in found]
    excerpt = _excerpt(inspection, found)
    if excerpt:
        parts += ["", "## Excerpt of the optimized HLO", "", "```", *excerpt, "```"]
    parts += ["", "## A program that shows it", "", "```python", program or reproducer(inspection), "```", ""]
    parts += ["## Versions", "", *versions(inspection), ""]
    return "\n".join(parts)


def versions(inspection: Any) -> list[str]:
    """Return the versions as a list in Markdown."""
    here = shown.versions()
    return [
        f"- jax {here['jax']}, jaxlib {here['jaxlib']}, Python {here['python']}",
        f"- {platform.system()} {platform.machine()}, {inspection.device}",
    ]


def _excerpt(inspection: Any, found: Sequence[Any]) -> list[str]:
    stage = inspection.stages["hlo"]
    lines = stage.text.split("\n") if stage.available else []
    wanted = sorted(
        {n for finding in found for line in finding.lines[:5] for n in range(line - AROUND, line + AROUND + 1)}
    )
    kept = [n for n in wanted if 0 <= n < len(lines)][:EXCERPT]
    if not kept:
        start = next((n for n, line in enumerate(lines) if line.startswith("ENTRY")), 0)
        kept = list(range(start, min(len(lines), start + EXCERPT))) if lines else []
    shown: list[str] = []
    for place, number in enumerate(kept):
        if place and number != kept[place - 1] + 1:
            shown.append("...")
        shown.append(lines[number])
    return shown
