"""The jaxpr as JAX prints it, and the frames each printed line comes from.

JAX's own pretty printer keeps, for each printed line, the traceback of the equation that each stretch of it
belongs to. An equation inside a jitted library function (`jnp.where`, `relu`) has no user frame of its own:
it takes the place of the equation that calls it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from jax.extend import core

from explorer.compiler.frames import Frame, choose, frame_at, owner


class Reading(NamedTuple):
    """The text of a jaxpr, the frames of each of its lines, and each primitive with where it was made."""

    text: str
    lines: list[list[Frame]]
    made: set[tuple[str, Frame]]


def read(closed: Any, outside: frozenset[Frame]) -> Reading:
    """Print a jaxpr and say where each line comes from.

    Args:
      closed: the `ClosedJaxpr` of a traced function.
      outside: the frames around the tracing; the equations do not come from them.
    """
    printed: list[list[tuple[int, int, Any]]] = []
    text = closed.pretty_print(use_color=False, source_map=printed)
    walk = _Walk(outside)
    walk.over(closed.jaxpr, ())
    lines = [
        [frame for start, end, traceback in line if end > start for frame in walk.by_traceback[id(traceback)]]
        for line in printed
    ]
    return Reading(text, lines, walk.made)


def frames_of(traceback: Any, outside: frozenset[Frame] = frozenset()) -> Iterator[Frame]:
    """Yield the frames of an equation's traceback that may be shown, the innermost first."""
    if traceback is None:
        return
    for code, instruction in zip(*traceback.raw_frames(), strict=True):
        if owner(code.co_filename) != "hidden":
            frame = frame_at(code, instruction)
            if frame not in outside:
                yield frame


class _Walk:
    """A walk over a jaxpr and the jaxprs inside it; one that is shared is walked for each of its callers."""

    def __init__(self, outside: frozenset[Frame]) -> None:
        self.outside = outside
        self.by_traceback: dict[int, list[Frame]] = defaultdict(list)
        self.made: set[tuple[str, Frame]] = set()
        self.seen: set[tuple[int, tuple[Frame, ...]]] = set()

    def over(self, jaxpr: Any, caller: tuple[Frame, ...]) -> None:
        if (id(jaxpr), caller) in self.seen:
            return
        self.seen.add((id(jaxpr), caller))
        for equation in jaxpr.eqns:
            traceback = equation.source_info.traceback
            own = choose(frames_of(traceback, self.outside))
            place = caller if own is None else (own,)
            self.by_traceback[id(traceback)] += place
            if own is not None:
                self.made.add((equation.primitive.name, own))
            for inner in core.jaxprs_in_params(equation.params):
                self.over(getattr(inner, "jaxpr", inner), place)
