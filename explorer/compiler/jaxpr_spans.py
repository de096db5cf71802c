"""The jaxpr as JAX prints it, and the frames each printed line comes from.

JAX's own pretty printer keeps, for each printed line, the traceback of the equation that each stretch of it
belongs to. An equation inside a jitted library function (`jnp.where`, `relu`) has no user frame of its own:
it takes the place of the equation that calls it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from jax.extend import core

from explorer.compiler.frames import Frame, choose, frame_at, owner


def read(closed: Any, outside: frozenset[Frame]) -> tuple[str, list[list[Frame]]]:
    """Return the text of a jaxpr and the frames of each of its lines.

    Args:
      closed: the `ClosedJaxpr` of a traced function.
      outside: the frames around the tracing; the equations do not come from them.
    """
    printed: list[list[tuple[int, int, Any]]] = []
    text = closed.pretty_print(use_color=False, source_map=printed)
    made_by: dict[int, list[Frame]] = defaultdict(list)
    _walk(closed.jaxpr, (), outside, made_by, set())
    return text, [
        [frame for start, end, traceback in line if end > start for frame in made_by[id(traceback)]]
        for line in printed
    ]


def frames_of(traceback: Any, outside: frozenset[Frame] = frozenset()) -> Iterator[Frame]:
    """Yield the frames of an equation's traceback that may be shown, the innermost first."""
    if traceback is None:
        return
    for code, instruction in zip(*traceback.raw_frames(), strict=True):
        if owner(code.co_filename) != "hidden":
            frame = frame_at(code, instruction)
            if frame not in outside:
                yield frame


def _walk(
    jaxpr: Any,
    caller: tuple[Frame, ...],
    outside: frozenset[Frame],
    made_by: dict[int, list[Frame]],
    seen: set,
) -> None:
    if (id(jaxpr), caller) in seen:
        return
    seen.add((id(jaxpr), caller))
    for equation in jaxpr.eqns:
        traceback = equation.source_info.traceback
        own = choose(frames_of(traceback, outside))
        place = caller if own is None else (own,)
        made_by[id(traceback)] += place
        for inner in core.jaxprs_in_params(equation.params):
            _walk(getattr(inner, "jaxpr", inner), place, outside, made_by, seen)
