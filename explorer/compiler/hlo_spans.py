"""What each line of HLO comes from, read from the tables that XLA prints at the top of the module.

An instruction without a frame of its own that is inside a computation takes the place of the instruction that calls
the computation: the `add` of a sum is made where the sum is.

Where XLA merged instructions it joins their names by semicolons and drops their frames. Such an instruction comes,
carried through the optimization, from the expressions that made instructions of all of these names before it. What
XLA made without any name, and does the work, comes from what uses it (`hlo_unnamed`). What no line names any more is
carried to the lines that took it over (`hlo_gone`). Each place that is not a line's own has the rule that carried it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from explorer.compiler.frames import Frame
from explorer.compiler.hlo_flow import Operation, operations_of
from explorer.compiler.hlo_gone import Carried, Expressions, Reading, taken_over
from explorer.compiler.hlo_stacks import Stacks, stacks_of
from explorer.compiler.hlo_unnamed import constants, followed, products
from explorer.compiler.origins import Made, Origin, Origins, Trace, whole
from explorer.compiler.quoted import unquote
from explorer.compiler.rules import BESIDE, CALLER, FUSED, MERGED, USED
from explorer.compiler.scopes import joined, named, parted

_METADATA = re.compile(r'metadata=\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}')
_OP_NAME = re.compile(r'op_name=("(?:[^"\\]|\\.)*")')
_FRAME = re.compile(r"stack_frame_id=(\d+)")
_CALLS = re.compile(
    r"\b(?:calls|to_apply|body|condition|\w+_computation)=%?([\w.-]+)|\bbranch_computations=\{([^}]*)\}"
)
SMALL = 8  # lines of a computation such as the sum of a reduction
_CALLING = ("to_apply=", "calls=", "body=", "computation=", "computations=")
_MOVES = (" bitcast(", " copy(", " transpose(", " reshape(")
_RUNS = (" fusion(", " call(")  # the line stands for what its computation does, and nothing else


def read(
    text: str,
    outside: frozenset[Frame],
    made: Made | None = None,
    arguments: Mapping[str, Frame] | None = None,
    before: Callable[[], Reading] | None = None,
) -> Reading:
    """Return a module's text with the origins of each line, and of each name of its instructions.

    Args:
      text: `compiled.as_text()`, or `lowered.as_text(dialect="hlo", debug_info=True)`.
      outside: the frames around the tracing; the instructions do not come from them.
      made: which expression made which primitive, as the jaxpr tells.
      arguments: the arguments of the function and where each is named.
      before: gives the module before the optimization, of an optimized one.
    """
    lines = text.split("\n")
    reader = _Reader(lines, stacks_of(lines, outside), made or {}, arguments or {}, before)
    return Reading(text, reader.read(), reader.primitives, reader.named)


class Told(NamedTuple):
    """What an instruction says of itself.

    Args:
      op_name, primitive: JAX's name of it, and the last part of that.
      backward: whether JAX made it by transposing another.
      relative: whether the name goes on from that of the caller.
      placed: whether it names a stack frame.
    """

    op_name: str
    primitive: str
    backward: bool
    relative: bool
    placed: bool


NOTHING = Told("", "", False, False, False)


class _Reader:
    def __init__(
        self,
        lines: list[str],
        stacks: Stacks,
        made: Made,
        arguments: Mapping[str, Frame],
        before: Callable[[], Reading] | None,
    ) -> None:
        self.lines, self.stacks, self.made, self.arguments, self.before = lines, stacks, made, arguments, before
        self.named: dict[str, Expressions] = {}
        self.primitives: dict[int, tuple[str, ...]] = {}  # of the lines that say what they are
        self.told: dict[str, Told] = {}  # by metadata
        self.lines_told: dict[int, Told] = {}
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
            self.lines_told[number] = self.told[metadata]
            if scope is not None:
                self.scopes[number] = scope
        self.computations = _computations(self.lines)
        bare = [n for n in products(self.lines) if not index[n]]
        for number, users in list(followed(self.lines, self.computations, index.tolist(), bare)):
            made = [o for user in users for o in self.trace.of(user)]
            self.trace.set(number, [Origin(o.frame, o.scope, (), USED) for o in made])
            if users[0] in self.scopes:
                self.scopes[number] = self.scopes[users[0]]
        self.place()
        return self.trace

    def own(self, metadata: str) -> tuple[int, str | None]:
        """Return the entry of what an instruction itself tells, and the scope where a caller has to add to it."""
        name, frame = _OP_NAME.search(metadata), _FRAME.search(metadata)
        op_name = unquote(name[1]) if name else ""
        scope, primitive = named(op_name)
        relative = parted(op_name)[0] != self.root
        self.told[metadata] = Told(op_name, primitive, "transpose(" in op_name, relative, frame is not None)
        argument = self.arguments.get(op_name)
        if argument is not None:
            return self.trace.entry([Origin(argument)]), None
        shown, details = self.stacks.get(int(frame[1]), (None, ())) if frame else (None, ())
        if shown is None:
            merged = self.merged(op_name) if self.before else ()
            return self.trace.entry(merged), None if merged else scope
        places = whole(self.made, primitive, shown, details)
        entry = self.trace.entry(Origin(place, scope, inner) for place, inner in places)
        self.named.setdefault(op_name, {}).update(dict.fromkeys((place, scope) for place, _ in places))
        return entry, scope if relative else None

    def merged(self, op_name: str) -> Origins:
        """Return where an instruction may come from that has no frame, by its names from before the optimization."""
        assert self.before is not None
        known = self.before().names
        found = [known[op_name]] if op_name in known else []
        for name in () if found else op_name.split(";"):
            while name not in known and "/" in name:  # what a function is made of has other names before: its call
                name = "/".join(parted(name)[:-1])
            if name in known and "/" in name:
                found.append(known[name])
        fewest: Expressions = min(found, key=len, default={})
        shared = [pair for pair in fewest if all(pair in other for other in found)]
        return tuple(Origin(frame, scope, (), MERGED) for frame, scope in shared or fewest)

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
                    o.rule or (CALLER if not own and " fusion(" in self.lines[call] else ""),
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

        @cache
        def backward(number: int) -> frozenset[bool]:
            told = self.lines_told.get(number)
            if told is None or told.backward or not told.relative:
                return frozenset({bool(told and told.backward)})
            return frozenset().union(*map(backward, callers_of(number))) or frozenset({False})

        for number, told in self.lines_told.items():
            kinds = ("transposed " if each else "" for each in sorted(backward(number)))
            self.primitives[number] = tuple(kind + told.primitive for kind in kinds)
        if self.before:
            self.take_over(self.before(), Reading("\n".join(self.lines), self.trace, self.primitives))
        else:
            self.find_merged()
        self.give_constants()
        for number, name in runs:
            self.carry(number, name)

    def take_over(self, before: Reading, after: Reading) -> None:
        """Give lines what is gone and went into them."""
        lines: dict[Operation, list[int]] = defaultdict(list)
        for number, primitives in self.primitives.items():
            for operation in operations_of(self.trace.of(number), primitives):
                lines[operation].append(number)
        by_operation, by_line = taken_over(before, after)
        for operation, come in by_operation.items():
            # What only moves the result, and has its name from it, does none of the work.
            working = [n for n in lines[operation] if not any(word in self.lines[n] for word in _MOVES)]
            for number in working or lines[operation]:
                self.add(number, come)
        for number, come in by_line.items():
            self.add(number, come)

    def add(self, number: int, come: Carried) -> None:
        """Add to where a line comes from."""
        own = self.trace.of(number)
        have = {(o.frame, o.scope) for o in own}
        self.trace.set(number, [*own, *(Origin(*pair, (), rule) for pair, rule in come.items() if pair not in have)])

    def find_merged(self) -> None:
        """Place instructions that are merged before the optimization where only one place may have made them."""
        for number, told in self.lines_told.items():
            if told.placed or told.relative or ";" not in told.op_name or self.trace.index[number]:
                continue
            wanted = {named(name)[1] for name in told.op_name.split(";")}
            frames = {Frame(*key[1:], *end) for key, ends in self.made.items() if key[0] in wanted for end in ends}
            for other, primitives in self.primitives.items():
                if wanted & set(primitives):
                    frames -= {o.frame for o in self.trace.of(other)}
            if len(frames) == 1:
                (frame,) = frames
                self.trace.set(number, [Origin(frame, named(told.op_name)[0], (), MERGED)])
                self.named[told.op_name] = {(frame, named(told.op_name)[0]): None}

    def give_constants(self) -> None:
        """Give constants, and what spreads them, the places that they are used at, besides their own."""
        placed = self.trace.index.tolist()
        made = list(constants(self.lines, self.computations))
        own = {number: self.trace.of(number) for number in made if self.lines_told.get(number, NOTHING).placed}
        for number in made:
            placed[number] = 0
        for number, users in list(followed(self.lines, self.computations, placed, made)):
            have = own.get(number, ())
            pairs = {(o.frame, o.scope): None for user in users for o in self.trace.of(user)}
            come = [Origin(*pair, (), USED) for pair in pairs if all(pair != (o.frame, o.scope) for o in have)]
            self.trace.set(number, [*have, *come])

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
            self.trace.set(number, [Origin(*pair, (), BESIDE) for pair in sorted(there)])

    def carry(self, number: int, computation: str) -> None:
        """Give a line that runs a computation, and does nothing else, what the computation's lines come from."""
        start, end = self.computations.get(computation, (0, 0))
        own = self.trace.of(number)
        entries = dict.fromkeys(self.trace.index[start:end].tolist())
        fused = {(o.frame, o.scope) for entry in entries for o in self.trace.table[entry]}
        fused -= {(o.frame, o.scope) for o in own}
        self.trace.set(number, [*own, *(Origin(*pair, (), FUSED) for pair in sorted(fused))])


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
