"""One stage of compiling a function: its text, and where each line comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explorer.compiler.spans import Spans
from explorer.records import Record

TITLES = {
    "jaxpr": "JAX recorded (jaxpr)",
    "stablehlo": "Handed to XLA (StableHLO)",
    "hlo": "Runs on the device (HLO)",
}
LANGUAGES = {"jaxpr": "jaxpr", "stablehlo": "mlir", "hlo": "hlo"}


@dataclass(frozen=True, eq=False, repr=False)
class Stage:
    """The text of one stage.

    Args:
      name: "jaxpr", "stablehlo" or "hlo".
      text: byte for byte what JAX or XLA prints; "" where the stage is unavailable.
      available: whether there is a text.
      reason: one sentence on what is missing, the text or its source lines; else None.
      spans: int32[n, 6], rows of (text line from 0, source, first line from 1, first column from 0 in code
        points, last line, last column).
      sources: the files the spans point into, {"file", "text" or None}.
    """

    name: str
    text: str = ""
    available: bool = False
    reason: str | None = None
    spans: Spans = field(default_factory=lambda: np.zeros((0, 6), np.int32))
    sources: list[dict[str, Any]] = field(default_factory=list)

    def __repr__(self) -> str:
        what = f"{self.lines:,} lines" if self.available else f"not available: {self.reason}"
        return f"<{self.title}: {what}>"

    @property
    def lines(self) -> int:
        """The number of lines of the text; 0 where it is unavailable."""
        return len(self.text.split("\n")) if self.available else 0

    @property
    def title(self) -> str:
        """What the stage is in plain words, the term in parentheses."""
        return TITLES[self.name]

    @property
    def language(self) -> str:
        """The language of the text, for its colours: "jaxpr", "mlir" or "hlo"."""
        return LANGUAGES[self.name]

    def record(self, function: str) -> Record:
        """Return the stage as the record of `function`'s stage."""
        return Record(
            "stage",
            {
                "function": function,
                "stage": self.name,
                "title": self.title,
                "language": self.language,
                "available": self.available,
                "reason": self.reason,
                "lines": self.lines,
                "sources": self.sources,
            },
            {"text": self.text, "spans": self.spans},
        )


def unavailable(name: str, reason: str) -> Stage:
    """Return a stage that cannot be had, and why."""
    return Stage(name, reason=reason)
