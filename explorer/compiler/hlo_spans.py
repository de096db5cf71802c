"""What each line of HLO comes from, read from the tables that XLA prints at the top of the module.

An instruction names a stack frame; a stack frame names a location and its caller's frame. XLA prints the
caller's number plus one (the outermost frame prints 1), so a table in which some frame prints 0 is one
where that was mended.

An instruction without a frame of its own that is inside a computation takes the place of the instruction that calls
the computation: the `add` of a sum is made where the sum is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from explorer.compiler.frames import Frame, chosen
from explorer.compiler.origins import Made, Origin, Origins, Trace, whole
from explorer.compiler.quoted import unquote
from explorer.compiler.scopes import joined, named, parted

_TABLE = re.compile(r"^(FileNames|FunctionNames|FileLocations|StackFrames)$")
_ROW = re.compile(r"^(\d+) (.*)$")
_FIELD = re.compile(r"(\w+)=(\d+)")
_METADATA = re.compile(r'metadata=\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}')
_OP_NAME = re.compile(r'op_name=("(?:[^"\\]|\\.)*")')
_FRAME = re.compile(r"stack_frame_id=(\d+)")
_CALLS = re.compile(
    r"\b(?:calls|to_apply|body|condition|\w+_computation)=%?([\w.-]+)|\bbranch_computations=\{([^}]*)\}"
)
_RUNS = re.compile(r" (?:fusion|call)\(")  # the line stands for what its computation does, and nothing else

Stacks = Mapping[int, tuple[Frame | None, tuple[Frame, ...]]]


def read(
    text: str,
    outside: frozenset[Frame],
    made: Made | None = None,
    arguments: Mapping[str, Frame] | None = None,
) -> Trace:
    """Return the origins of each line of a module's text.

    Args:
      text: `compiled.as_text()`, or `lowered.as_text(dialect="hlo", debug_info=True)`.
      outside: the frames around the tracing; the instructions do not come from them.
      made: which expression made which primitive, as the jaxpr tells.
      arguments: the arguments of the function and where each is named.
    """
    lines = text.split("\n")
    reader = _Reader(lines, stacks_of(lines, outside), made or {}, arguments or {})
    return reader.read()


class _Reader:
    def __init__(self, lines: list[str], stacks: Stacks, made: Made, arguments: Mapping[str, Frame]) -> None:
        self.lines, self.stacks, self.made, self.arguments = lines, stacks, made, arguments
        self.trace = Trace(len(lines))
        self.root = _root(lines[0])
        self.scopes: dict[int, str] = {}  # of the lines that a caller has still to place, within their computation

    def read(self) -> Trace:
        known: dict[str, tuple[int, str | None]] = {}
        index = self.trace.index
        for number, line in enumerate(self.lines):
            at = line.rfind(" metadata={")
            if at < 0 or (found := _METADATA.match(line, at + 1)) is None:
                continue
            metadata = found[0]
            if metadata not in known:
                known[metadata] = self.own(metadata)
            index[number], scope = known[metadata]
            if scope is not None:
                self.scopes[number] = scope
        self.computations = _computations(self.lines)
        self.place()
        return self.trace

    def own(self, metadata: str) -> tuple[int, str | None]:
        """Return the entry of what an instruction itself tells, and the scope where a caller has to add to it."""
        name, frame = _OP_NAME.search(metadata), _FRAME.search(metadata)
        op_name = unquote(name[1]) if name else ""
        argument = self.arguments.get(op_name)
        if argument is not None:
            return self.trace.entry([Origin(argument)]), None
        scope, primitive = named(op_name)
        shown, details = self.stacks.get(int(frame[1]), (None, ())) if frame else (None, ())
        if shown is None:
            return 0, scope
        places = whole(self.made, primitive, shown, details)
        entry = self.trace.entry(Origin(place, scope, inner) for place, inner in places)
        return entry, None if parted(op_name)[0] == self.root else scope

    def place(self) -> None:
        """Give lines the places and scopes of their callers, and fusions what is fused into them."""
        callers: dict[str, list[int]] = defaultdict(list)
        runs: list[tuple[int, str]] = []
        for number, line in enumerate(self.lines):
            if "=%" not in line and not _CALLS.search(line):
                continue
            for one, several in _CALLS.findall(line):
                for name in [one] if one else [part.strip(" %") for part in several.split(",")]:
                    callers[name].append(number)
            if _RUNS.search(line) and (one := _CALLS.search(line)):
                runs.append((number, one[1]))
        names = list(self.computations)
        starts = [start for start, _ in self.computations.values()]

        def callers_of(number: int) -> Sequence[int]:
            at = bisect_right(starts, number) - 1
            return callers.get(names[at], ()) if at >= 0 else ()

        above: set[int] = set()

        def origins(number: int) -> Origins:
            own = self.trace.of(number)
            if number not in self.scopes or number in above:  # a computation that calls itself adds nothing
                return own
            scope = self.scopes[number]
            above.add(number)
            found = [
                Origin(o.frame if own else caller.frame, self.within(call, caller.scope, scope), o.details)
                for call in callers_of(number)
                for caller in origins(call)
                for o in own or (caller,)
            ]
            above.remove(number)
            del self.scopes[number]
            self.trace.set(number, found or own)
            return self.trace.of(number)

        for number in list(self.scopes):
            origins(number)
        for number, name in runs:
            self.carry(number, name)

    def within(self, call: int, outer: str, inner: str) -> str:
        """Return the scope of an instruction that a line brings in.

        The names in a function start anew; those in a reduction's or a loop's computation start where the line's do.
        """
        if " call(" not in self.lines[call] and f"/{outer}".endswith(f"/{inner}"):
            return outer
        return joined(outer, inner)

    def carry(self, number: int, computation: str) -> None:
        """Give a line that runs a computation, and does nothing else, what the computation's lines come from."""
        start, end = self.computations.get(computation, (0, 0))
        own = self.trace.of(number)
        entries = dict.fromkeys(self.trace.index[start:end].tolist())
        fused = {(o.frame, o.scope) for entry in entries for o in self.trace.table[entry]}
        fused -= {(o.frame, o.scope) for o in own}
        self.trace.set(number, [*own, *(Origin(*pair, (), True) for pair in sorted(fused))])


def _root(head: str) -> str:
    """Return what the names of a module's operations start with: `jit(f)` for the module `jit_f`."""
    found = re.match(r"HloModule (p?jit)_([^\s,]*)", head)
    return f"{found[1]}({found[2]})" if found else ""


def _computations(lines: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the computations of a module, each with its first line and the line after its last."""
    found, name, start = {}, "", 0
    for number, line in enumerate(lines):
        if line.endswith("{") and not line.startswith(" "):
            name, start = line.removeprefix("ENTRY ").lstrip("%").partition(" ")[0], number + 1
        elif line.startswith("}"):
            found[name] = (start, number)
    return found


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
