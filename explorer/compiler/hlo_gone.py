"""What optimization took away, and which lines now do its work: the programs before and after it compared.

An operation that no line of the optimized program names is gone. `(x + 2) + 1` becomes `x + 3`, which names the second
addition only. The result of the first went into the second, so that `x + 3` comes from it too: a place that is gone is
carried along the flow of its result to the first operations that are still there. Where another operation computed the
same and is still there, it is carried to that one instead: XLA keeps one of the two.

One line of source may make many operations, and only some of them go. Where the result of an operation went into
another one by way of a third, and now goes there at once, the third went into the last, wherever else it still is.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property

from explorer.compiler.frames import Frame
from explorer.compiler.hlo.errors import HloSyntaxError
from explorer.compiler.hlo_flow import FAR, Flow, Operation
from explorer.compiler.origins import Trace
from explorer.compiler.rules import GONE, SAME

LONGEST = 8  # operations that one may have taken over, one after the other
NEAR = 60  # operations that are looked at for that

Expressions = dict[tuple[Frame, str], None]  # with their scopes; a dict to keep an order
Carried = dict[tuple[Frame, str], str]  # an expression and its scope, and the rule


@dataclass
class Reading:
    """What was read of a program.

    Args:
      text: its HLO.
      trace: the origins of its lines.
      primitives: of the lines that say so what JAX calls the operation, apart for the forward and the backward pass.
      names: the expressions by the names of the instructions that they made.
    """

    text: str
    trace: Trace
    primitives: Mapping[int, tuple[str, ...]]
    names: Mapping[str, Expressions] = field(default_factory=dict)

    @cached_property
    def flow(self) -> Flow | None:
        """Where its results go; None where the text cannot be read."""
        try:
            return Flow(self.text, self.trace, self.primitives)
        except HloSyntaxError:  # a printer that changed with a version: what the lines say themselves is left
            return None


def taken_over(before: Reading, after: Reading) -> tuple[Mapping[Operation, Carried], Mapping[int, Carried]]:
    """Return what is gone by the operations that took it over, and by the lines of the optimized program."""
    if before.flow is None or after.flow is None:
        return {}, {}
    there = {one for every in after.flow.operations.values() for one in every}
    return _gone(before.flow, there), _passed_by(before.flow, after.flow)


def _gone(flow: Flow, there: Set[Operation]) -> Mapping[Operation, Carried]:
    found: dict[Operation, Carried] = defaultdict(dict)
    for number, operations in flow.operations.items():
        lost = [one for one in operations if one not in there]
        if not lost or number in flow.inputs:
            continue
        same = {one for other in flow.same(number) for one in flow.operations[other]} & there
        taking = same or set(_after(number, flow, there))
        for one in lost:
            for target in taking:
                if (target.frame, target.scope) != (one.frame, one.scope):
                    found[target].setdefault((one.frame, one.scope), SAME if same else GONE)
    return found


def _after(number: int, flow: Flow, there: Set[Operation]) -> Iterator[Operation]:
    """Yield the first operations on the way of a result that are still there."""
    seen: set[int] = set()
    waiting = [number]
    while waiting and len(seen) < FAR:
        for user in flow.next[waiting.pop()]:
            if user in seen:
                continue
            seen.add(user)
            found = [one for one in flow.operations[user] if one in there]
            if found:
                yield from found
            else:
                waiting.append(user)


def _passed_by(before: Flow, after: Flow) -> Mapping[int, Carried]:
    """Return what went into lines of the optimized program that take now at once what came through it."""
    edges: dict[tuple[Operation, Operation], set[int]] = defaultdict(set)
    for number, users in after.next.items():
        for user in users:
            for one in after.operations[number]:
                for other in after.operations[user]:
                    edges[one, other].add(user)

    def at_once(number: int, user: int) -> set[int]:
        return {
            taking
            for one in before.operations[number]
            for other in before.operations[user]
            for taking in edges.get((one, other), ())
        }

    found: dict[int, Carried] = defaultdict(dict)
    for user, sources in before.last.items():
        passed = [source for source in sources if not at_once(source, user)]
        seen = {*sources}
        waiting: deque[tuple[int, tuple[int, ...]]] = deque((source, (source,)) for source in passed)
        while waiting and len(seen) < NEAR:
            source, way = waiting.popleft()
            for earlier in before.last.get(source, ()):
                if earlier in seen:
                    continue
                seen.add(earlier)
                taking = at_once(earlier, user)
                for line in (after.module.lines[each] for each in taking):
                    found[line].update(
                        {(one.frame, one.scope): GONE for each in way for one in before.operations[each]}
                    )
                if not taking and len(way) < LONGEST:
                    waiting.append((earlier, (*way, earlier)))
    return found
