"""The passes of one compile: how they are had, and what is known of all of them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from explorer.compiler.classic_errors import first_line
from explorer.compiler.listed import Listed
from explorer.compiler.origins import Trace
from explorer.compiler.passes.delta import Edit
from explorer.compiler.passes.dump import EDGES, dumped, read
from explorer.compiler.passes.history import History
from explorer.compiler.passes.one import Pass, bytes_of, counted
from explorer.compiler.passes.record import passes_record
from explorer.compiler.passes.told import told
from explorer.compiler.source import Files
from explorer.records import Record

NOT_WRITTEN = "The compiler for this device wrote no passes."


class Passes(Listed[Pass]):
    """Every pass that XLA wrote down, in order; empty, with a reason, where they cannot be had.

    Args:
      history: the program before the first pass, and what each changes.
      names: the name and the pipeline of each.
      following: names of passes that ran, besides.
      trace: returns the origins of the lines of a text.
      files: the table of source files that these point into.
      missing: why there are none.
    """

    def __init__(
        self,
        history: History | None = None,
        names: Sequence[tuple[str, str]] = (),
        following: Sequence[str] = (),
        trace: Callable[[str], Trace] | None = None,
        files: Files | None = None,
        missing: str | None = None,
    ) -> None:
        self.history, self.trace, self.files, self.missing = history or History(""), trace, files or Files(), missing
        self._bytes: dict[int, float | None] = {}  # by step, from 0
        self.first = counted(self.history.first.split("\n"))
        found: list[Pass] = []
        super().__init__(found)
        counts = self.first
        lines: Sequence[str] = self.history.lines(0)
        for number, (name, pipeline) in enumerate(names):
            edits = self.history.steps[number]
            if edits:
                counts = _recounted(counts, lines, edits)
                lines = self.history.lines(number + 1)
            found.append(Pass(self, number, name, pipeline, *counts))
        self.ran = tuple(sorted({*following, *(name for name, _ in names)} - EDGES - {""}))

    def __repr__(self) -> str:
        if self.missing is not None:
            return f"<no passes: {self.missing}>"
        changed = [p for p in self if p.changed]
        rows = [f"{p.number:>4}  {p.name:<40} {p.what_it_did}" for p in changed]
        return "\n".join([f"<{len(self):,} snapshots of passes, {len(changed):,} changed the program>", *rows])

    def named(self, name: str) -> tuple[Pass, ...]:
        """Return the passes of a name, in order; a pass may run several times."""
        return tuple(p for p in self if p.name == name)

    def bytes(self, number: int) -> float | None:
        """Return the bytes that the program reads and writes after a pass; -1 is before the first."""
        while number >= 0 and not self.history.steps[number]:
            number -= 1
        if number not in self._bytes:
            self._bytes[number] = bytes_of(self.history.text(number + 1))
        return self._bytes[number]

    def told(self, number: int, bytes_too: bool = True) -> str:
        """Return one sentence on what a pass did."""
        before = self.first if number == 0 else (self[number - 1].instructions, self[number - 1].fusions)
        return told(self[number], *before, (self.bytes(number - 1), self[number].bytes) if bytes_too else None)

    def record(self, function: str) -> Record:
        """Return the record of `function`'s passes."""
        return passes_record(function, self)


def passes_of(
    lowered: Any, options: Mapping[str, Any], trace: Callable[[str], Trace] | None = None, files: Files | None = None
) -> Passes:
    """Compile a lowered program once more, and return the passes.

    Args:
      lowered: `jax.stages.Lowered`.
      options: the compiler options it is compiled with besides.
      trace: returns the origins of the lines of a text.
      files: the table of source files that these point into.
    """
    try:
        with dumped(lowered, options) as dump:
            if not dump.snapshots:
                return Passes(missing=NOT_WRITTEN)
            history = History(read(dump.before) if dump.before else dump.snapshots[0].text())
            for snapshot in dump.snapshots:
                history.append(snapshot.text())
    except Exception as error:  # whatever XLA raises, or a disk that is full
        return Passes(missing=f"The passes could not be written: {first_line(f'{type(error).__name__}: {error}')}")
    names = [(s.name, s.pipeline) for s in dump.snapshots]
    return Passes(history, names, [s.following for s in dump.snapshots], trace, files)


def _recounted(counts: tuple[int, int], lines: Sequence[str], edits: Sequence[Edit]) -> tuple[int, int]:
    gone = counted(line for edit in edits for line in lines[edit.at : edit.at + edit.removed])
    come = counted(line for edit in edits for line in edit.added)
    return counts[0] - gone[0] + come[0], counts[1] - gone[1] + come[1]
