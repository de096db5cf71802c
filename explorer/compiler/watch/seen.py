"""The function that was traced: where it is defined, and whether it is the very one that was traced before."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, MethodType
from typing import Any, Literal

from explorer.compiler.frames import Owner, owner

Change = Literal["same", "self", "made", "wrapped", "partial"]


@dataclass(frozen=True)
class Function:
    """A function as JAX was given it, without keeping it alive.

    Args:
      name: what people call it.
      file, line: where it is defined, line from 1; "" and 0 for what has no Python code.
      whose: whose code that is.
      outer: refers to what was jitted.
      inner: refers to the Python function inside all wrappers.
      of: refers to the object that it is a method of, if it is one.
      layers: what is wrapped around the Python function, the outermost first, such as "grad.<locals>.grad_f".
    """

    name: str
    file: str
    line: int
    whose: Owner
    outer: Callable[[], Any]
    inner: Callable[[], Any]
    of: Callable[[], Any] | None
    layers: tuple[str, ...]

    @property
    def key(self) -> tuple[Any, ...]:
        """What two objects made by the same lines share."""
        return self.file, self.line, self.name, self.layers


def function_of(fn: Any) -> Function:
    """Return what is told of a function."""
    inner, of, layers = fn, None, []
    while True:
        if isinstance(inner, MethodType):
            of, inner = _refer(inner.__self__), inner.__func__
            layers.append("method")
        elif isinstance(inner, functools.partial):
            inner = inner.func
            layers.append("partial")
        elif hasattr(inner, "__wrapped__"):
            layers.append(getattr(getattr(inner, "__code__", None), "co_qualname", type(inner).__name__))
            inner = inner.__wrapped__
        else:
            break
    code = getattr(inner, "__code__", None) or getattr(type(inner).__call__, "__code__", None)
    file, line = (code.co_filename, code.co_firstlineno) if isinstance(code, CodeType) else ("", 0)
    name = getattr(inner, "__name__", None) or getattr(fn, "__name__", None) or type(inner).__name__
    whose: Owner = owner(file) if file else "hidden"
    # A bound method is made anew at each access: what matters of it is the function and the object.
    outer = _refer(inner) if isinstance(fn, MethodType) else _refer(fn)
    return Function(str(name), file, line, whose, outer, _refer(inner), of, tuple(layers))


def change(before: Function, now: Function) -> Change:
    """Say how the function now differs as an object from one that the same lines made before.

    "same": it is the very one. "self": the same method of another object. "partial": a new functools.partial
    of the same function. "wrapped": a new wrapper, such as jax.grad returns, of the same function. "made":
    the `def` or `lambda` ran again.
    """
    if not _same(before.inner, now.inner):
        return "made"
    if (before.of is None) != (now.of is None) or (before.of and now.of and not _same(before.of, now.of)):
        return "self"
    if _same(before.outer, now.outer):
        return "same"
    return "partial" if isinstance(now.outer(), functools.partial) else "wrapped"


def _same(before: Callable[[], Any], now: Callable[[], Any]) -> bool:
    mine = now()
    return mine is not None and before() is mine


def _refer(thing: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(thing)
    except TypeError:
        return lambda: thing
