"""One thing worth knowing about a program: a sentence, a figure, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from explorer.compiler.source import Place

Kind = Literal["costly_line", "layout_copy", "promotion", "constant", "not_fused", "uncounted", "collective"]
Measure = Literal["modelled", "measured", "fact"]


@dataclass(frozen=True)
class Finding:
    """A finding.

    Args:
      kind: which sort of finding it is.
      text: one or two plain sentences, with the line they are about.
      measure: whether the figure is modelled (XLA's count), measured (a profile) or a fact of the text.
      value, unit: the figure, such as 2.4e6 and "bytes".
      share: what part of the program's total it is, 0 to 1.
      stage: the stage that `lines` are of.
      lines: the lines of the stage that it is about, from 1, the weightiest first.
      place: where in the source it is.
    """

    kind: Kind
    text: str
    measure: Measure
    value: float | None = None
    unit: str | None = None
    share: float | None = None
    stage: str | None = None
    lines: tuple[int, ...] = ()
    place: Place | None = None

    def __str__(self) -> str:
        return self.text

    def header(self) -> dict[str, Any]:
        """Return it as a record holds it, its lines from 0."""
        return {
            "kind": self.kind,
            "text": self.text,
            "measure": self.measure,
            "value": self.value,
            "unit": self.unit,
            "share": self.share,
            "stage": self.stage,
            "lines": [line - 1 for line in self.lines],
            "place": None if self.place is None else self.place._asdict(),
        }
