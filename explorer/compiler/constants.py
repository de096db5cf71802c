"""How much of a traced program is constants: arrays that its functions close over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jax.extend import core


def constant_bytes(jaxpr: Any) -> int:
    """Return the bytes of the constants of a program, each counted once.

    Args:
      jaxpr: a `ClosedJaxpr`, whose inner functions count too.
    """
    return sum({id(array): int(getattr(array, "nbytes", 0)) for array in _constants(jaxpr)}.values())


def _constants(jaxpr: Any) -> Iterator[Any]:
    yield from getattr(jaxpr, "consts", ())
    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        yield from (atom.val for atom in equation.invars if isinstance(atom, core.Literal))
        for value in equation.params.values():
            for inner in value if isinstance(value, tuple | list) else (value,):
                if isinstance(inner, core.ClosedJaxpr | core.Jaxpr):
                    yield from _constants(inner)
