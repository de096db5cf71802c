"""The answer first: what is worth knowing about a compiled program, ranked."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from explorer.compiler import findings
from explorer.compiler.findings.evidence import Evidence
from explorer.compiler.findings.finding import Finding
from explorer.compiler.hlo.errors import HloSyntaxError
from explorer.records import Record

FIRST = {"costly_line": 0, "collective": 0}  # then what has the largest share, then what has none
LAST = {"uncounted": 1}


@dataclass(frozen=True)
class Summary(Sequence[Finding]):
    """The findings of a program, the most telling first, and its totals.

    Args:
      findings: ranked: the costliest lines, then by share of the total, what is not counted last.
      totals: of one call, see `Instructions.totals`; None where unknown.
    """

    findings: tuple[Finding, ...]
    totals: dict[str, float | None]

    def __repr__(self) -> str:
        return "\n".join(f"{number}. {found.text}" for number, found in enumerate(self, 1)) or "Nothing stands out."

    def __len__(self) -> int:
        return len(self.findings)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self.findings[index]

    def record(self, function: str) -> Record:
        """Return the record of `function`'s summary."""
        header = {"function": function, "totals": self.totals, "findings": [found.header() for found in self]}
        return Record("summary", header)


def summary_of(evidence: Evidence) -> Summary:
    """Return the findings of a program.

    Args:
      evidence: the program, and what is known of it.
    """
    if evidence.instructions.missing is not None:
        return Summary((), evidence.instructions.totals())
    found: list[Finding] = []
    for finder in _finders():
        with suppress(HloSyntaxError):  # a line that a later version prints otherwise: the other findings stay
            found += finder.find(evidence)
    return Summary(tuple(sorted(found, key=_rank)), evidence.instructions.totals())


def _rank(found: Finding) -> tuple[int, int, float]:
    return FIRST.get(found.kind, 1), LAST.get(found.kind, 0), -(found.share or 0.0)


def _finders() -> Iterator[Any]:
    for found in sorted(pkgutil.iter_modules(findings.__path__), key=lambda found: found.name):
        module = importlib.import_module(f"{findings.__name__}.{found.name}")
        if hasattr(module, "find"):
            yield module
