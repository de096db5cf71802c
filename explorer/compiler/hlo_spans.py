"""The frames each line of optimized HLO comes from, read from the tables that XLA prints at the top of the
module.

An instruction names a stack frame; a stack frame names a location and its caller's frame. XLA prints the
caller's number plus one (the outermost frame prints 1), so a table in which some frame prints 0 is one
where that was mended.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from explorer.compiler.frames import Frame, choose
from explorer.compiler.quoted import unquote

_TABLE = re.compile(r"^(FileNames|FunctionNames|FileLocations|StackFrames)$")
_ROW = re.compile(r"^(\d+) (.*)$")
_FIELD = re.compile(r"(\w+)=(\d+)")
_MADE_BY = re.compile(r'(?:op_name="([^"]*)" .*)?\bstack_frame_id=(\d+)')


def read(text: str, outside: frozenset[Frame], made: Iterable[tuple[str, Frame]] = ()) -> list[list[Frame]]:
    """Return the frames of each line of a module's text.

    Args:
      text: `compiled.as_text()`.
      outside: the frames around the tracing; the instructions do not come from them.
      made: the primitives of the jaxpr and where each was made, if it is at hand. XLA keeps one location for
        all expressions that start at the same place (`a`, `a * b`), with the end of one of them; the jaxpr
        has the end of each.
    """
    tables = _tables(text)
    files = {key: unquote(value) for key, value in tables["FileNames"].items()}
    places = {key: _place(files, value) for key, value in tables["FileLocations"].items()}
    stacks = {key: dict(_numbers(value)) for key, value in tables["StackFrames"].items()}
    shift = 0 if any(stack.get("parent_frame_id", 0) == 0 for stack in stacks.values()) else 1

    def stack(number: int) -> Iterator[Frame]:
        while number in stacks:
            place = places.get(stacks[number].get("file_location_id", 0))
            if place is not None and place not in outside:
                yield place
            number = stacks[number].get("parent_frame_id", 0) - shift

    shown = {number: choose(stack(number)) for number in stacks}
    whole: dict[tuple[str, str, int, int], set[Frame]] = defaultdict(set)
    for primitive, frame in made:
        whole[primitive, *frame[:3]].add(frame)
    lines: list[list[Frame]] = []
    for line in text.split("\n"):
        found = _MADE_BY.search(line)
        place = shown.get(int(found[2])) if found else None
        if found is None or place is None:
            lines.append([])
            continue
        primitive = (found[1] or "").rpartition("/")[2]
        ends = whole.get((primitive, *place[:3]), ())
        lines.append(list(ends) if len(ends) == 1 else [place])
    return lines


def _tables(text: str) -> dict[str, dict[int, str]]:
    tables: dict[str, dict[int, str]] = {
        "FileNames": {},
        "FunctionNames": {},
        "FileLocations": {},
        "StackFrames": {},
    }
    current: dict[int, str] | None = None
    for line in text.split("\n"):
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
