"""`explorer.find_nan`: the first operation that goes from finite to not, forward or backward, and what to write."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from explorer.compiler.bad_operation import BadOperation
from explorer.compiler.classic_errors import first_line
from explorer.compiler.evaluated import compiled_once
from explorer.compiler.first_bad import replayed
from explorer.compiler.frames import callers
from explorer.compiler.fresh import is_jitted, trace
from explorer.compiler.modules import as_call
from explorer.compiler.nan_finding import Look, NanFinding
from explorer.compiler.replay import FINITE, kind_of

FUSION_OFF = {"xla_disable_hlo_passes": "fusion"}


def find_nan(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> NanFinding:
    """Find the first operation of `fn(*args, **kwargs)` that makes NaN or infinity of finite numbers.

        explorer.find_nan(loss, params, batch)
        explorer.find_nan(jax.value_and_grad(loss), params, batch)
        explorer.find_nan(train_step, params, opt_state, batch)

    The function is replayed operation by operation. Where its value is finite and a single number, its gradient
    by the first argument that holds floating point numbers is replayed too. Where the replay is finite, the compiled
    function is run, and where that is not, run once more with fusion off.

    Args:
      fn: a function of arrays, jitted or not, also one that `jax.grad` or `jax.value_and_grad` made; or a Flax NNX
        or Equinox module, or a function that takes one: its parameters count as arguments.
      *args, **kwargs: its arguments: arrays, pytrees of them, Python numbers. What holds no number at all (a text, a
        function) is bound and not traced.

    Returns:
      A NanFinding, which shows itself: the operation at its line and column, the values around it, why it
      happened and what to write instead; or that everything is finite.

    Raises:
      ExplorerError: `fn` has static arguments. Whatever `fn` raises while it is traced is raised unchanged.
    """
    outside = callers(sys._getframe(1))
    name = _name_of(fn)
    opened = as_call(fn, args, kwargs)  # a module's parameters are then arguments
    (call, given), kwargs = _bound(opened.fn, opened.args), opened.kwargs
    looks: list[Look] = []
    found, outputs = _look("forward", call, given, kwargs, outside, looks)
    variable = _variable(given)
    if found is None and looks[-1].finite and variable is not None and _is_scalar(outputs):
        gradient = jax.value_and_grad(call, argnums=variable, has_aux=isinstance(outputs, tuple), allow_int=True)
        try:
            found, _ = _look("backward", gradient, given, kwargs, outside, looks)
        except Exception as error:  # a function that cannot be differentiated is still finite forward
            looks.append(Look("backward", None, f"It cannot be differentiated: {first_line(str(error))}"))
    elif found is None and looks[-1].finite:
        reason = (
            "There is nothing to differentiate by: no argument holds floating point numbers."
            if variable is None
            else "The gradient was not tried: the function gives more than a single number."
        )
        looks.append(Look("backward", None, reason))
    return NanFinding(name, found, tuple(looks), str(jax.devices()[0]))


def _look(
    direction: str,
    fn: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    outside: frozenset[Any],
    looks: list[Look],
) -> tuple[BadOperation | None, Any]:
    """Replay a function, then run it compiled; say in `looks` what came of it."""
    replay = replayed(fn, args, kwargs, outside)
    if replay.found is not None:
        looks.append(Look(direction, False, "", "replay"))
        return replay.found, None
    outputs, finite = _run(fn, args, kwargs, {})
    if finite:
        looks.append(Look(direction, True, "", "compiled"))
        return None, outputs
    if replay.finite:
        unfused: bool | None
        try:
            unfused = _run(fn, args, kwargs, FUSION_OFF)[1]
        except Exception:  # a backend that does not know this option
            unfused = None
        looks.append(Look(direction, False, "", "compiled", unfused))
    else:
        looks.append(Look(direction, False, "", "written"))
    return None, outputs


def _run(
    fn: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], options: Mapping[str, Any]
) -> tuple[Any, bool]:
    """Compile and run; returns the outputs and whether all of them are finite."""
    outputs = compiled_once(trace(fn, args, kwargs).lower(), options)(*args, **kwargs)
    return outputs, all(kind_of(leaf) == FINITE for leaf in jax.tree.leaves(outputs))


def _bound(fn: Callable[..., Any], args: Sequence[Any]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return the function with what holds no numbers bound to it, and the arguments that are left."""
    fixed = {i: arg for i, arg in enumerate(args) if not _is_data(arg)}
    if not fixed or is_jitted(fn):
        return fn, tuple(args)

    @functools.wraps(fn)
    def bound(*rest: Any, **kwargs: Any) -> Any:
        left = iter(rest)
        return fn(*(fixed[i] if i in fixed else next(left) for i in range(len(args))), **kwargs)

    return bound, tuple(arg for i, arg in enumerate(args) if i not in fixed)


def _is_data(arg: Any) -> bool:
    return all(
        isinstance(leaf, bool | int | float | complex) or hasattr(leaf, "dtype") for leaf in jax.tree.leaves(arg)
    )


def _variable(args: Sequence[Any]) -> int | None:
    """Return the position of the first argument that a gradient can be taken by, as `jax.grad` takes the first.

    The gradient by the data is nobody's wish, and may be NaN where that by the parameters is not.
    """

    def is_float(leaf: Any) -> bool:
        return isinstance(leaf, float) or (hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jnp.floating))

    def is_key(leaf: Any) -> bool:
        return hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jax.dtypes.extended)

    leaves = [jax.tree.leaves(arg) for arg in args]
    return next((i for i, each in enumerate(leaves) if any(map(is_float, each)) and not any(map(is_key, each))), None)


def _is_scalar(outputs: Any) -> bool:
    """Say whether a function gives a single number to differentiate: alone, or first of a pair."""
    value = outputs[0] if isinstance(outputs, tuple) and len(outputs) == 2 else outputs
    return getattr(value, "shape", None) == () and jnp.issubdtype(value.dtype, jnp.floating)


def _name_of(fn: Any) -> str:
    while hasattr(fn, "func"):
        fn = fn.func
    return str(getattr(fn, "__name__", None) or type(fn).__name__)
