"""Two looks compared: the figures before and after, the texts, and a verdict in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explorer.compiler.difference import Difference, difference
from explorer.compiler.snapshot import Snapshot
from explorer.records import Record

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
CLAUSES = 3  # of a verdict
NOTABLE = 0.005  # a change below half a percent is not told


@dataclass(frozen=True)
class Row:
    """One figure before and after; None where it is not known."""

    name: str
    unit: str
    before: float | None
    after: float | None

    @property
    def ratio(self) -> float | None:
        """After over before; None where one is unknown, or before is 0 and after is not."""
        if self.before is None or self.after is None:
            return None
        if self.before == self.after:
            return 1.0
        return self.after / self.before if self.before else None


@dataclass(frozen=True)
class Comparison:
    """What changed from one look to another.

    Args:
      other: what it is compared with, in words, such as "your last look, 3 minutes ago".
      rows: the figures.
      texts: the differences by stage; a stage that one of the two does not have is left out.
    """

    other: str
    rows: tuple[Row, ...]
    texts: Mapping[str, Difference]

    @property
    def verdict(self) -> str:
        """One sentence on what changed."""
        clauses = _clauses({row.name: row for row in self.rows})
        if clauses:
            told = ", ".join(clauses[:CLAUSES])
            return f"{told[0].upper()}{told[1:]}."
        changed = {name for name, text in self.texts.items() if text.changed}
        if not changed:
            return "The same program."
        if "hlo" in self.texts and "hlo" not in changed:
            return "XLA makes the same program of it."
        return "The program changed, its figures did not."

    def __repr__(self) -> str:
        rows = [f"{r.name:>18}: {_figure(r.before)} -> {_figure(r.after)} {r.unit}".rstrip() for r in self.rows]
        return "\n".join([f"Compared with {self.other}: {self.verdict}", *rows])

    def record(self, function: str) -> Record:
        """Return the record of `function`'s comparison."""
        return Record(
            "comparison",
            {
                "function": function,
                "with": self.other,
                "verdict": self.verdict,
                "rows": [
                    {"name": r.name, "unit": r.unit, "before": r.before, "after": r.after, "ratio": r.ratio}
                    for r in self.rows
                ],
                "stages": [_stage(name, text) for name, text in self.texts.items()],
            },
        )


def compared(before: Snapshot, after: Snapshot, other: str) -> Comparison:
    """Compare two looks.

    Args:
      before, after: the two.
      other: what `before` is, in words.
    """
    texts = {
        name: difference(text, after.text(name), name)
        for name in before.stages
        if name != "source" and name in after.stages and (text := before.text(name)) is not None
    }
    rows = tuple(Row(name, unit, before.figures.get(name), after.figures.get(name)) for name, unit in FIGURES.items())
    return Comparison(other, tuple(r for r in rows if r.before is not None or r.after is not None), texts)


# The name of each figure and its unit.
FIGURES = {
    "instructions": "",
    "fusions": "",
    "FLOPs": "",
    "executed FLOPs": "",
    "bytes": "bytes",
    "temporary memory": "bytes",
    "compile time": "ms",
    "measured time": "µs",
}


def _clauses(rows: Mapping[str, Row]) -> list[str]:
    """Return what is worth telling, the most telling first."""
    told = []
    if (measured := _share(rows.get("measured time"))) is not None:
        told.append(f"{measured[0]} {'slower' if measured[1] else 'faster'}")
    counted = False
    for name, one, many in (("fusions", "fusion", "fusions"), ("instructions", "instruction", "instructions")):
        row = rows.get(name)
        if counted or row is None or row.before is None or row.after is None or row.before == row.after:
            continue
        change = int(row.after - row.before)
        told.append(f"{_number(abs(change))} {one if abs(change) == 1 else many} {'more' if change > 0 else 'fewer'}")
        counted = True
    for name, words in (("FLOPs", "FLOPs"), ("bytes", "bytes"), ("temporary memory", "temporary memory")):
        share = _share(rows.get(name))
        if share is not None:
            told.append(
                f"{share[0]} {('more' if share[1] else 'less' if words.endswith('memory') else 'fewer')} {words}"
            )
    return told


def _share(row: Row | None) -> tuple[str, bool] | None:
    """Return by how much a figure changed, in words, and whether it grew; None where it hardly did."""
    if row is None or row.ratio is None or abs(row.ratio - 1) < NOTABLE:
        return None
    if row.ratio >= 2:
        return f"{row.ratio:.3g} times", True
    return f"{abs(row.ratio - 1) * 100:.2g} %", row.ratio > 1


def _number(count: int) -> str:
    return WORDS[count] if count < len(WORDS) else f"{count:,}"


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.6g}" if value % 1 else f"{value:,.0f}"


def _stage(name: str, text: Difference) -> dict[str, Any]:
    hunks = [
        {
            "before": list(hunk.before),
            "after": list(hunk.after),
            "lines": [{"kind": kind, "text": line} for kind, line in hunk.lines],
        }
        for hunk in text.hunks
    ]
    return {"stage": name, "hunks": hunks, "changed": text.changed, "same": text.same}
