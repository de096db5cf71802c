"""What each line of HLO comes from, read from the tables that XLA prints at the top of the module.

An instruction names a stack frame; a stack frame names a location and its caller's frame. XLA prints the
caller's number plus one (the outermost frame prints 1), so a table in which some frame prints 0 is one
where that was mended.

An instruction without a frame of its own that is inside a computation takes the place of the instruction that calls
the computation: the `add` of a sum is made where the sum is.

Where XLA merged instructions it joins their names by semicolons and drops their frames. Such an instruction comes,
carried through the optimization, from the expressions that made instructions of all of these names before it. What
XLA made without any name, and does the work, comes from what uses it (`hlo_unnamed`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from explorer.compiler.frames import Frame, chosen
from explorer.compiler.hlo_unnamed import followed
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
SMALL = 8  # lines of a computation such as the sum of a reduction
_CALLING = ("to_apply=", "calls=", "body=", "computation=", "computations=")
_RUNS = (" fusion(", " call(")  # the line stands for what its computation does, and nothing else

Expressions = dict[tuple[Frame, str], None]  # with their scopes; a dict to keep an order
Named = dict[str, Expressions]  # by the names of instructions
Stacks = Mapping[int, tuple[Frame | None, tuple[Frame, ...]]]


def read(
    text: str,
    outside: frozenset[Frame],
    made: Made | None = None,
    arguments: Mapping[str, Frame] | None = None,
    before: Callable[[], Named] | None = None,
) -> tuple[Trace, Named]:
    """Return the origins of each line of a module's text, and of each name of its instructions.

    Args:
      text: `compiled.as_text()`, or `lowered.as_text(dialect="hlo", debug_info=True)`.
      outside: the frames around the tracing; the instructions do not come from them.
      made: which expression made which primitive, as the jaxpr tells.
      arguments: the arguments of the function and where each is named.
      before: gives the names of the module before the optimization; asked only where XLA merged some.
    """
    lines = text.split("\n")
    reader = _Reader(lines, stacks_of(lines, outside), made or {}, arguments or {}, before)
    return reader.read(), reader.named


class _Reader:
    def __init__(
        self,
        lines: list[str],
        stacks: Stacks,
        made: Made,
        arguments: Mapping[str, Frame],
        before: Callable[[], Named] | None,
    ) -> None:
        self.lines, self.stacks, self.made, self.arguments, self.before = lines, stacks, made, arguments, before
        self.named: Named = {}
        self.trace = Trace(len(lines))
        self.root = _root(lines[0])
        self.scopes: dict[int, str] = {}  # of the lines that a caller has still to place, within their computation

    def read(self) -> Trace:
        known: dict[str, tuple[int, str | None]] = {}
        index = self.trace.index
        for number, line in enumerate(self.lines):
            metadata = _metadata(line)
            if not metadata:
                continue
            if metadata not in known:
                known[metadata] = self.own(metadata)
            index[number], scope = known[metadata]
            if scope is not None:
                self.scopes[number] = scope
        self.computations = _computations(self.lines)
        for number, users in list(followed(self.lines, self.computations, index.tolist())):
            made = [o for user in users for o in self.trace.of(user)]
            self.trace.set(number, [Origin(o.frame, o.scope, (), True) for o in made])
            if users[0] in self.scopes:
                self.scopes[number] = self.scopes[users[0]]
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
            merged = self.merged(op_name.split(";")) if self.before else ()
            return self.trace.entry(merged), None if merged else scope
        places = whole(self.made, primitive, shown, details)
        entry = self.trace.entry(Origin(place, scope, inner) for place, inner in places)
        self.named.setdefault(op_name, {}).update(dict.fromkeys((place, scope) for place, _ in places))
        return entry, None if parted(op_name)[0] == self.root else scope

    def merged(self, names: Sequence[str]) -> Origins:
        """Return where an instruction may come from that has no frame, by its names from before the optimization."""
        assert self.before is not None
        known = self.before()
        found = []
        for name in names:
            while name not in known and "/" in name:  # what a function is made of has other names before: its call
                name = "/".join(parted(name)[:-1])
            if name in known and "/" in name:
                found.append(known[name])
        fewest: Expressions = min(found, key=len, default={})
        shared = [pair for pair in fewest if all(pair in other for other in found)]
        return tuple(Origin(frame, scope, (), True) for frame, scope in shared or fewest)

    def place(self) -> None:
        """Give lines the places and scopes of their callers, and fusions what is fused into them."""
        callers: dict[str, list[int]] = defaultdict(list)
        runs: list[tuple[int, str]] = []
        for number, line in enumerate(self.lines):
            if not any(word in line for word in _CALLING):
                continue
            called = [name.strip(" %") for one, several in _CALLS.findall(line) for name in (one or several).split(",")]
            for name in called:
                callers[name].append(number)
            if called and any(word in line for word in _RUNS):
                runs.append((number, called[0]))
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
                Origin(
                    o.frame if own else caller.frame,
                    self.within(call, caller.scope, scope),
                    o.details,
                    o.carried or (not own and " fusion(" in self.lines[call]),
                )
                for call in callers_of(number)
                for caller in origins(call)
                for o in own or (caller,)
            ]
            above.remove(number)
            del self.scopes[number]
            self.trace.set(number, found or own)
            return self.trace.of(number)

        waiting = list(self.scopes)
        for number in waiting:
            origins(number)
        for number in waiting:
            if not self.trace.index[number] and (at := bisect_right(starts, number) - 1) >= 0:
                self.with_siblings(number, *self.computations[names[at]])
        for number, name in runs:
            self.carry(number, name)

    def within(self, call: int, outer: str, inner: str) -> str:
        """Return the scope of an instruction that a line brings in.

        The names in a function start anew; those in a reduction's or a loop's computation start where the line's do.
        """
        if " call(" not in self.lines[call] and f"/{outer}".endswith(f"/{inner}"):
            return outer
        return joined(outer, inner)

    def with_siblings(self, number: int, start: int, end: int) -> None:
        """Give a parameter of a small computation, whose caller tells nothing, what its other lines come from."""
        if end - start <= SMALL:
            there = {(o.frame, o.scope) for line in range(start, end) for o in self.trace.of(line)}
            self.trace.set(number, [Origin(*pair, (), True) for pair in sorted(there)])

    def carry(self, number: int, computation: str) -> None:
        """Give a line that runs a computation, and does nothing else, what the computation's lines come from."""
        start, end = self.computations.get(computation, (0, 0))
        own = self.trace.of(number)
        entries = dict.fromkeys(self.trace.index[start:end].tolist())
        fused = {(o.frame, o.scope) for entry in entries for o in self.trace.table[entry]}
        fused -= {(o.frame, o.scope) for o in own}
        self.trace.set(number, [*own, *(Origin(*pair, (), True) for pair in sorted(fused))])


def _metadata(line: str) -> str:
    """Return an instruction's metadata as it is printed; "" where there is none."""
    start = line.rfind(" metadata={")
    if start < 0:
        return ""
    plain = line[start : line.find("}", start) + 1]
    if plain.count('"') % 2 == 0:
        return plain
    found = _METADATA.match(line, start + 1)  # a brace in a name
    return found[0] if found else ""


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
