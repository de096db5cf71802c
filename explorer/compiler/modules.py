"""Neural network modules as functions of their parameters.

A Flax NNX or Equinox module holds its parameters. As it stands they would be constants of the program; opened, they
are its first argument, as for a function that takes them. The libraries are imported only where such a module is
given.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax


class Opened(NamedTuple):
    """A module as a pytree of arrays, and what makes the module of it again."""

    arrays: Any
    close: Callable[[Any], Any]
    changed: Callable[[Any, list[Any]], Any] | None = (
        None  # from a module after a call, and its arrays before, to now's
    )


ADAPTERS = {"equinox": "explorer.compiler.modules_equinox", "flax": "explorer.compiler.modules_flax"}


def opened(value: Any) -> Opened | None:
    """Return a module opened; None where it is none."""
    if not any(library in sys.modules for library in ADAPTERS):
        return None
    for kind in type(value).__mro__:
        adapter = ADAPTERS.get(kind.__module__.partition(".")[0])
        if adapter is not None:
            return importlib.import_module(adapter).opened(value)
    return None


class Call(NamedTuple):
    """A function of arrays, the arguments it takes, and what the person wrote."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    wrote: Any


def as_call(fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Call:
    """Return a function of arrays for a module, a method of one, or a function that takes modules or gives them back.

    What has nothing to do with modules is returned as it is.
    """
    owner = getattr(fn, "__self__", None)
    wrapped = getattr(fn, "__wrapped__", None)
    module = opened(fn) if wrapped is None else None  # Equinox's filter_jit and filter_grad are modules of a function
    if module is not None:
        return _of_module(module, lambda m: m, type(fn).__call__, type(fn).__name__, args, kwargs)
    if owner is not None and (module := opened(owner)) is not None:
        method = getattr(fn, "__name__", "__call__")
        return _of_module(module, lambda m: getattr(m, method), getattr(type(owner), method, fn), method, args, kwargs)
    positional, keyword, close = _arguments(args, kwargs)
    wrapper = wrapped is not None and opened(fn) is not None
    if close is None and not wrapper:
        return Call(fn, tuple(args), dict(kwargs), fn)

    def call(*given: Any, **named: Any) -> Any:
        given, named = (given, named) if close is None else close(given, named)
        return _arrays_of(fn(*given, **named))

    return Call(_named(call, getattr(fn, "__name__", "call")), positional, keyword, wrapped if wrapper else fn)


def _arguments(
    args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], Callable[[Any, Any], tuple[Any, Any]] | None]:
    """Return arguments with the arrays of modules in their places, and what puts the modules back, if there are any."""
    found: list[Any]
    tree: Any
    found, tree = jax.tree.flatten((tuple(args), dict(kwargs)), is_leaf=_is_module)
    modules = [opened(value) for value in found]
    if not any(module is not None for module in modules):
        return tuple(args), dict(kwargs), None

    def close(given: Any, named: Any) -> tuple[Any, Any]:
        leaves = tree.flatten_up_to((given, named))
        closed = [leaf if m is None else m.close(leaf) for leaf, m in zip(leaves, modules, strict=True)]
        positional, keyword = jax.tree.unflatten(tree, closed)
        return positional, keyword

    arrays = [value if m is None else m.arrays for value, m in zip(found, modules, strict=True)]
    positional, keyword = jax.tree.unflatten(tree, arrays)
    return positional, keyword, close


def _is_module(value: Any) -> bool:
    return opened(value) is not None


def _arrays_of(out: Any) -> Any:
    """Return what a function gives with the arrays of modules in their places: what else they hold is no output."""
    return jax.tree.map(lambda value: value if (m := opened(value)) is None else m.arrays, out, is_leaf=_is_module)


def _of_module(
    module: Opened,
    method: Callable[[Any], Callable[..., Any]],
    wrote: Any,
    name: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> Call:
    positional, keyword, close = _arguments(args, kwargs)

    def call(parameters: Any, *given: Any, **named: Any) -> Any:
        before = jax.tree.leaves(parameters)  # the module may share them, and a call then changes them in place
        whole = module.close(parameters)
        given, named = (given, named) if close is None else close(given, named)
        out = _arrays_of(method(whole)(*given, **named))
        now = None if module.changed is None else module.changed(whole, before)
        return out if now is None else (out, now)

    return Call(_named(call, name), (module.arrays, *positional), keyword, wrote)


def _named(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    call.__name__ = call.__qualname__ = name
    return call
