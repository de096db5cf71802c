"""The jaxpr as JAX prints it, and what each printed line comes from.

JAX's own pretty printer keeps, for each printed line, the traceback of the equation that each stretch of it
belongs to. An equation inside a jitted library function (`jnp.where`, `relu`) has no user frame of its own:
it takes the place of the equation that calls it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from types import CodeType
from typing import Any

from jax.extend import core

from explorer.compiler.frames import Frame, chosen, frame_at, opened, owner
from explorer.compiler.origins import Made, Origin, Trace, remember
from explorer.compiler.scopes import joined, scope_of

PrintedLines = list[list[tuple[int, int, Any]]]  # of each line: from, to, traceback


def printed(closed: Any) -> tuple[str, PrintedLines]:
    """Return a `ClosedJaxpr` as JAX prints it, and the traceback of each stretch of each line."""
    stretches: PrintedLines = []
    return closed.pretty_print(use_color=False, source_map=stretches), stretches


def read(closed: Any, stretches: PrintedLines, outside: frozenset[Frame]) -> tuple[Trace, Made]:
    """Say where each printed line comes from, and which expression made which primitive.

    Args:
      closed: the `ClosedJaxpr` of a traced function.
      stretches: of the same jaxpr, as `printed` gives them.
      outside: the frames around the tracing; the equations do not come from them.
    """
    walk = _Walk(outside)
    walk.over(closed.jaxpr, ((None, ""),))
    trace = Trace(len(stretches))
    for number, line in enumerate(stretches):
        trace.set(number, (o for start, end, tb in line if end > start for o in walk.by_traceback[id(tb)]))
    return trace, walk.made


def frames_of(traceback: Any, outside: frozenset[Frame] = frozenset()) -> Iterator[Frame]:
    """Yield the frames of an equation's traceback that may be shown, the innermost first."""
    if traceback is None:
        return
    for code, instruction in zip(*traceback.raw_frames(), strict=True):
        if owner(code.co_filename) != "hidden":
            frame = frame_at(code, instruction)
            if frame not in outside:
                yield frame


Context = tuple[Frame | None, str]  # the expression that calls a jaxpr, and the scope it is called in


class _Walk:
    """A walk over a jaxpr and the jaxprs inside it; one that is shared is walked for each of its callers."""

    def __init__(self, outside: frozenset[Frame]) -> None:
        self.outside = outside
        self.by_traceback: dict[int, list[Origin]] = defaultdict(list)
        self.made: Made = {}
        self.seen: set[tuple[int, tuple[Context, ...]]] = set()
        self.places: dict[tuple[CodeType, int], Frame | None] = {}
        self.stacks: dict[int, tuple[Frame | None, tuple[Frame, ...]]] = {}

    def over(self, jaxpr: Any, callers: tuple[Context, ...]) -> None:
        if (id(jaxpr), callers) in self.seen:
            return
        self.seen.add((id(jaxpr), callers))
        for equation in jaxpr.eqns:
            traceback = equation.source_info.traceback
            own, details = self.stack(traceback)
            scope = scope_of(str(equation.source_info.name_stack))
            here = tuple(dict.fromkeys((own or frame, joined(outer, scope)) for frame, outer in callers))
            for frame, where in here:
                if frame is not None:
                    self.by_traceback[id(traceback)].append(Origin(frame, where, details))
                    remember(self.made, equation.primitive.name, frame, details)
            for inner in core.jaxprs_in_params(equation.params):
                self.over(getattr(inner, "jaxpr", inner), here)

    def stack(self, traceback: Any) -> tuple[Frame | None, tuple[Frame, ...]]:
        if traceback is None:
            return None, ()
        if id(traceback) not in self.stacks:
            self.stacks[id(traceback)] = chosen(self.frames(traceback))
        return self.stacks[id(traceback)]

    def frames(self, traceback: Any) -> Iterator[Frame]:
        for place in zip(*traceback.raw_frames(), strict=True):
            if place not in self.places:
                code, instruction = place
                shown = owner(code.co_filename) != "hidden" or opened(code.co_filename)
                frame = frame_at(code, instruction) if shown else None
                self.places[place] = None if frame in self.outside else frame
            if (known := self.places[place]) is not None:
                yield known
