"""The stack frames of a module, from the tables that XLA prints at its top.

A stack frame names a location and its caller's frame. XLA prints the caller's number plus one (the outermost frame
prints 1), so a table in which some frame prints 0 is one where that was mended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from explorer.compiler.frames import Frame, chosen
from explorer.compiler.quoted import unquote

_TABLE = re.compile(r"^(FileNames|FunctionNames|FileLocations|StackFrames)$")
_ROW = re.compile(r"^(\d+) (.*)$")
_FIELD = re.compile(r"(\w+)=(\d+)")

Stacks = Mapping[int, tuple[Frame | None, tuple[Frame, ...]]]


def stacks_of(lines: Iterable[str], outside: frozenset[Frame]) -> Stacks:
    """Return for each stack frame of a module the place to show, and the places in libraries on the way."""
    tables = _tables(lines)
    files = {key: unquote(value) for key, value in tables["FileNames"].items()}
    places = {key: _place(files, value) for key, value in tables["FileLocations"].items()}
    frames = {key: dict(_numbers(value)) for key, value in tables["StackFrames"].items()}
    shift = 0 if any(frame.get("parent_frame_id", 0) == 0 for frame in frames.values()) else 1

    def stack(number: int) -> Iterator[Frame]:
        above: set[int] = set()
        while number in frames and number not in above:
            above.add(number)
            place = places.get(frames[number].get("file_location_id", 0))
            if place is not None and place not in outside:
                yield place
            number = frames[number].get("parent_frame_id", 0) - shift

    return {number: chosen(stack(number)) for number in frames}


def _tables(lines: Iterable[str]) -> dict[str, dict[int, str]]:
    tables: dict[str, dict[int, str]] = {
        "FileNames": {},
        "FunctionNames": {},
        "FileLocations": {},
        "StackFrames": {},
    }
    current: dict[int, str] | None = None
    for line in lines:
        if _TABLE.match(line):
            current = tables[line]
        elif current is not None:
            row = _ROW.match(line)
            if row:
                current[int(row[1])] = row[2]
            elif line:
                break  # the first computation: no table follows
    return tables


def _numbers(row: str) -> Iterator[tuple[str, int]]:
    for name, value in _FIELD.findall(row):
        yield name, int(value)


def _place(files: dict[int, str], row: str) -> Frame | None:
    have = dict(_numbers(row))
    file, line = files.get(have.get("file_name_id", 0)), have.get("line", 0)
    if file is None or line == 0:
        return None
    column, end_line = have.get("column", 0), have.get("end_line", line)
    return Frame(file, line, column, end_line, have.get("end_column", column))
