"""The links of a stage: rows that join the lines of its text with spans of source, and lines with their relatives.

A row is (text line from 0, file, first line from 1, first column from 0 in code points, last line, last column, scope
or -1, flags). Flags are 1 where the place is not the line's own, with the number of the rule that carried it from the
third bit, and 2 where it is a library's inside the user's. Two lines are relatives where each has a row with the same
span and the same scope, details apart. That is symmetric, and it is not followed further: through fusions it would join
everything with everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from explorer.compiler.origins import Trace
from explorer.compiler.rules import NUMBERS, RULES
from explorer.compiler.source import Files, Place

CARRIED, DETAIL = 1, 2  # flags
RULE = 2  # bits of flags before the number of the rule
NO_SCOPE = -1


class SourceSpan(NamedTuple):
    """A piece of source that a line of a stage comes from.

    Args:
      file: its path, or the name of a notebook cell's.
      line, end_line: from 1.
      column, end_column: from 0, in code points; the end is the first column after it.
      function: the function it stands in, or "" where that is not known.
      library: whether it is a library's own line, inside a line of the user's.
      scope: the named scopes around it, joined by slashes, or "".
      rule: how it came to the line, where it is not the line's own: "fused", "used", "gone" ...; else "".
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    function: str = ""
    library: bool = False
    scope: str = ""
    rule: str = ""

    @property
    def carried(self) -> bool:
        """Whether it came through optimization (it was fused into the line, say) and is not the line's own."""
        return self.rule != ""

    @property
    def why(self) -> str:
        """One sentence on how it came to the line; "" where it is the line's own."""
        return RULES[self.rule].why if self.rule else ""


@dataclass(frozen=True, eq=False)
class Links:
    """The links of one stage.

    Args:
      rows: int32[n, 8], sorted by text line.
      scopes: what the scope column counts.
    """

    rows: np.ndarray = field(default_factory=lambda: np.zeros((0, 8), np.int32))
    scopes: Sequence[str] = ()

    def of(self, line: int) -> np.ndarray:
        """Return the rows of a text line, from 0."""
        start, end = np.searchsorted(self.rows[:, 0], [line, line + 1])
        return self.rows[start:end]

    def keys(self, line: int) -> set[Key]:
        """Return what a text line, from 0, shares with its relatives."""
        return {self.key(row) for row in self.of(line).tolist() if not row[7] & DETAIL}

    def key(self, row: Sequence[int]) -> Key:
        """Return what a row shares with the rows of other stages that it is joined with."""
        return Key(Place(*row[1:6]), "" if row[6] == NO_SCOPE else self.scopes[row[6]])

    def lines(self, keys: Iterable[Key]) -> list[int]:
        """Return the text lines, from 0, that have a row with one of these keys."""
        numbers = {scope: number for number, scope in enumerate(self.scopes)} | {"": NO_SCOPE}
        wanted = np.array([(*place, numbers[scope]) for place, scope in keys if scope in numbers], np.int32)
        rows = self.rows[(self.rows[:, 7] & DETAIL) == 0]
        found = np.isin(_whole(rows[:, 1:7]), _whole(wanted.reshape(-1, 6)))
        return [int(line) for line in np.unique(rows[found, 0])]


def _whole(rows: np.ndarray) -> np.ndarray:
    """Return rows as one value each, to be looked for among others."""
    return np.ascontiguousarray(rows).view(np.dtype((np.void, 4 * rows.shape[1]))).reshape(-1)


class Key(NamedTuple):
    """What joins lines: one span of source, in one scope."""

    place: Place
    scope: str


def links_of(trace: Trace, files: Files) -> Links:
    """Return the links of a stage from the origins of its lines."""
    scopes: dict[str, int] = {}
    entries = []
    for origins in trace.table:
        rows: dict[tuple[int, ...], None] = {}
        for origin in origins:
            scope = scopes.setdefault(origin.scope, len(scopes)) if origin.scope else NO_SCOPE
            rows[(*files.place(origin.frame), scope, _flags(origin.rule))] = None
        for origin in origins:
            for frame in origin.details:
                scope = scopes[origin.scope] if origin.scope else NO_SCOPE
                rows[(*files.place(frame), scope, DETAIL)] = None
        entries.append(np.array(list(rows), np.int32).reshape(-1, 7))
    counts = np.array([len(rows) for rows in entries], np.int64)
    starts = np.concatenate([[0], np.cumsum(counts)])
    many = counts[trace.index]
    lines = np.repeat(np.arange(len(trace.index), dtype=np.int32), many)
    within = np.arange(len(lines)) - np.repeat(np.cumsum(many) - many, many)
    every = np.concatenate(entries) if entries else np.zeros((0, 7), np.int32)
    chosen = every[starts[trace.index[lines]] + within]
    return Links(np.column_stack([lines, chosen]).astype(np.int32), tuple(scopes))


def _flags(rule: str) -> int:
    return CARRIED | NUMBERS[rule] << RULE if rule else 0


def source_links(main: int, links: Mapping[str, Links]) -> Links:
    """Return the links of the source itself: each line of a file has the spans that start on it.

    Args:
      main: the file whose lines are meant.
      links: of the other stages, by their names.
    """
    scopes: dict[str, int] = {}
    rows = set()
    for stage in links.values():
        kept = stage.rows[((stage.rows[:, 7] & DETAIL) == 0) & (stage.rows[:, 1] == main)]
        for row in np.unique(kept[:, 1:7], axis=0).tolist():
            scope = NO_SCOPE if row[5] == NO_SCOPE else scopes.setdefault(stage.scopes[row[5]], len(scopes))
            rows.add((row[1] - 1, *row[:5], scope, 0))
    return Links(np.array(sorted(rows), np.int32).reshape(-1, 8), tuple(scopes))
