"""The first operation that turned finite numbers into NaN or infinity, found by replaying the function."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax

from explorer.compiler.bad_operation import BadOperation, Range, describe
from explorer.compiler.frames import Frame, callers
from explorer.compiler.fresh import trace
from explorer.compiler.replay import FINITE, NONE, Around, Replay, Value, kind_of
from explorer.errors import ExplorerError

__all__ = ["BadOperation", "Range", "first_bad"]


def first_bad(
    fn: Callable[..., Any], /, *args: Any, max_equations: int = 100_000, max_seconds: float = 30.0
) -> BadOperation | None:
    """Replay `fn(*args)` operation by operation and name the first that makes what comes out not finite.

    An operation whose bad values are masked away later, and never reach an output, is not named. Where no
    operation is at fault but an argument holds NaN or infinity that reaches an output, that argument is
    named.

    Args:
      fn: a function of arrays; jitted or not; without static arguments (bind those with `functools.partial`).
      *args: concrete arrays or pytrees of them.
      max_equations, max_seconds: how much to spend on iterating loops; past it a loop is named as one
        operation.

    Returns:
      The operation, or None where everything that comes out of the replay is finite. (The compiled function
      can still give NaN then: fused operations round differently.)

    Raises:
      ExplorerError: `fn` has static arguments. Whatever `fn` raises while it is traced is raised unchanged.
    """
    return replayed(fn, args, {}, callers(sys._getframe(1)), max_equations, max_seconds).found


class Replayed(NamedTuple):
    """What came of a replay: the operation or argument at fault, and whether all that came out was finite."""

    found: BadOperation | None
    finite: bool


def replayed(
    fn: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    outside: frozenset[Frame],
    max_equations: int = 100_000,
    max_seconds: float = 30.0,
) -> Replayed:
    """Replay `fn(*args, **kwargs)` as `first_bad` does.

    Args:
      fn, args, kwargs: the function and its arguments.
      outside: the frames around the tracing; no operation comes from them.
      max_equations, max_seconds: as `first_bad` takes them.

    Raises:
      ExplorerError: `fn` has static arguments. Whatever `fn` raises while it is traced is raised unchanged.
    """
    leaves = jax.tree.leaves((tuple(args), dict(kwargs)))
    closed = trace(fn, args, kwargs).jaxpr
    if len(closed.jaxpr.invars) != len(leaves):
        raise ExplorerError(
            "A replay needs every argument to be an array: bind the static ones with functools.partial."
        )
    replay = Replay(outside, max_equations, max_seconds)
    kinds = [kind_of(leaf) for leaf in leaves]
    # An argument that is bad to begin with is an origin too, numbered from the other side: -1, -2, ...
    given = [
        Value(leaf, kind, frozenset({-1 - i}) if kind != FINITE else NONE)
        for i, (leaf, kind) in enumerate(zip(leaves, kinds, strict=True))
    ]
    outputs = replay.run(closed, given, Around())
    finite = all(value.kind == FINITE for value in outputs)
    found = NONE.union(*(value.origins for value in outputs if value.kind != FINITE))
    operations = [origin for origin in found if origin >= 0]
    if operations:
        return Replayed(replay.births[min(operations)], finite)
    if found:
        return Replayed(_argument(fn, args, kwargs, -1 - max(found)), finite)
    return Replayed(None, finite)


def _argument(fn: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], number: int) -> BadOperation:
    path, leaf = jax.tree.leaves_with_path((tuple(args), dict(kwargs)))[number]
    name, rest = str(getattr(path[1], "key", "")), path[2:]
    if path[0].idx == 0:
        position = path[1].idx
        try:
            name = list(inspect.signature(fn).parameters)[position]
        except (ValueError, TypeError, IndexError):  # a builtin without a signature, or *args
            name = f"{position + 1}"
    return describe(name + jax.tree_util.keystr(rest), "input", (), leaf, None, ())
