"""Where the lines of a stage come from: one form for all stages, compact enough for 100,000 lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from explorer.compiler.frames import Frame


class Origin(NamedTuple):
    """What made an operation.

    Args:
      frame: the user's expression (or a library's, where no line of the user's made it).
      scope: the user's named scopes around it, joined by slashes, or "".
      details: a library's own places inside the user's line, the innermost first.
      rule: how this came to the operation, where it is not its own: one of `rules.RULES`; else "".
    """

    frame: Frame
    scope: str = ""
    details: tuple[Frame, ...] = ()
    rule: str = ""


Origins = tuple[Origin, ...]
Made = dict[tuple[str, str, int, int], dict[tuple[int, int], tuple[Frame, ...]]]


class Trace:
    """The origins of every line of a text; lines that share them share one entry.

    Args:
      lines: how many lines the text has.
    """

    def __init__(self, lines: int) -> None:
        self.table: list[Origins] = [()]
        self.index = np.zeros(lines, np.int32)  # of each line's entry in the table
        self._known: dict[Origins, int] = {(): 0}

    def entry(self, origins: Iterable[Origin]) -> int:
        """Return the entry of these origins, without those that are there twice."""
        found = tuple(dict.fromkeys(origins))
        number = self._known.setdefault(found, len(self.table))
        if number == len(self.table):
            self.table.append(found)
        return number

    def of(self, line: int) -> Origins:
        """Return the origins of a line, from 0."""
        return self.table[self.index[line]]

    def set(self, line: int, origins: Iterable[Origin]) -> None:
        """Set the origins of a line, from 0."""
        self.index[line] = self.entry(origins)


def remember(made: Made, primitive: str, frame: Frame, details: tuple[Frame, ...]) -> None:
    """Note that an expression made a primitive; what is known by its start finds its end and details later."""
    ends = made.setdefault((primitive, *frame[:3]), {})
    end = frame[3:]
    ends[end] = tuple(dict.fromkeys((*ends.get(end, ()), *details)))


def whole(
    made: Made, primitive: str, frame: Frame, details: tuple[Frame, ...]
) -> list[tuple[Frame, tuple[Frame, ...]]]:
    """Return the expressions that a place in HLO stands for, with the details of each.

    XLA keeps one location for all expressions that start at the same place (`a`, `a * b`), with the end of one of
    them. Where the jaxpr tells of expressions that start there and made this primitive, it is one of those.
    """
    ends = made.get((primitive, *frame[:3]))
    if not ends:
        return [(frame, details)]
    return [(Frame(*frame[:3], *end), tuple(dict.fromkeys((*details, *inner)))) for end, inner in ends.items()]


def details_of(made: Made, primitive: str, frame: Frame) -> tuple[Frame, ...]:
    """Return a library's own places inside an expression, where the jaxpr tells of them."""
    return made.get((primitive, *frame[:3]), {}).get(frame[3:], ())
