"""Tracing that is never stale: after a helper is edited, the next look sees the edit."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType, MethodType
from typing import Any

import jax

from explorer.compiler.jax_private import new_tracing_context


def fresh(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function object that JAX has not seen, with the code, names and frames of `fn`.

    JAX keeps traces by the identity of the function object, for as long as that object lives: a copy is
    traced anew and takes its trace along when it goes. A copy adds no frame to a traceback, as a wrapper would. What is
    neither a Python function, a method of one nor a partial of one is returned as it is.
    """
    if isinstance(fn, FunctionType):
        copy = FunctionType(fn.__code__, fn.__globals__, fn.__name__, fn.__defaults__, fn.__closure__)
        copy.__kwdefaults__ = fn.__kwdefaults__
        copy.__annotations__ = fn.__annotations__
        copy.__qualname__, copy.__module__, copy.__doc__ = fn.__qualname__, fn.__module__, fn.__doc__
        copy.__dict__.update(fn.__dict__)
        return copy
    if isinstance(fn, MethodType) and isinstance(fn.__func__, FunctionType):
        return MethodType(fresh(fn.__func__), fn.__self__)
    if type(fn) is functools.partial:
        return functools.partial(fresh(fn.func), *fn.args, **fn.keywords)
    return fn


def is_jitted(fn: Any) -> bool:
    """Say whether `fn` is what `jax.jit` returned, with static and donated arguments of its own."""
    return all(hasattr(type(fn), name) for name in ("trace", "lower", "eval_shape"))


def trace(
    fn: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    options: Mapping[str, Any] | None = None,
) -> jax.stages.Traced:
    """Trace `fn` as `jax.jit(fn, **options)` would the first time, or as it was jitted where it was."""
    with new_tracing_context():
        if isinstance(fn, MethodType) and is_jitted(fn.__func__):
            args, fn = (fn.__self__, *args), fn.__func__
        jitted: Any = fn if is_jitted(fn) and not options else jax.jit(fresh(fn), **options or {})
        return jitted.trace(*args, **kwargs)
