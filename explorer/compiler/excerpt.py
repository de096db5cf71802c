"""The lines of a source file around a place, for a view that shows them with the place marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from explorer.compiler.frames import known_as
from explorer.compiler.spans import source_lines

AROUND = 25  # lines on each side; a page holds no more of a file than it shows


class Place(NamedTuple):
    """An expression in a source file: lines from 1, columns from 0 in code points."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


def excerpt(place: Place | None, lines: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the header fields "files" and "place" of a record.

    Args:
      place: what is marked; None for nothing to show.
      lines: of the file, each with its line end; None to read them from where Python finds them.

    Returns:
      {"files": [{"file", "title", "first": the number of the first line, "text"}], "place": {"file": 0, "line",
      "column", "end_line", "end_column"}}; [] and None where there is no place or no source.
    """
    if place is None:
        return {"files": [], "place": None}
    known = source_lines(place.file) if lines is None else lines
    if not known:
        return {"files": [], "place": None}
    first = max(place.line - AROUND, 1)
    last = min(max(place.end_line, place.line) + AROUND, len(known))
    file = {
        "file": place.file,
        "title": known_as(place.file),
        "first": first,
        "text": "".join(known[first - 1 : last]),
    }
    return {"files": [file], "place": {**place._asdict(), "file": 0}}
