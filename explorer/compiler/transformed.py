"""How each transformation is applied: the transformed function, and the arguments it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Fn = Callable[..., Any]
Args = tuple[Any, ...]


class Made(NamedTuple):
    """A transformed function and the arguments it takes: those of the function, and others after them for some."""

    fn: Fn
    args: Args


class Applied(NamedTuple):
    """A transformation with its options, as a person asked for it."""

    name: str
    options: Mapping[str, Any]


def jit(fn: Fn, args: Args, options: Mapping[str, Any]) -> Made:
    """Compile it."""
    return Made(jax.jit(fn, **{name: value for name, value in options.items() if value != ()}), args)


def derivative(transform: Callable[..., Any]) -> Callable[[Fn, Args, Mapping[str, Any]], Made]:
    """Return what applies a transformation that takes the function's own arguments."""
    return lambda fn, args, options: Made(transform(fn, **options), args)


def vmap(fn: Fn, args: Args, options: Mapping[str, Any]) -> Made:
    """Map it over an axis of the arguments, added to them where `new_axis` says so."""
    in_axes, size = options["in_axes"], options["new_axis"]
    mapped = jax.vmap(fn, in_axes=in_axes, out_axes=options["out_axes"])
    if size is None:
        return Made(mapped, args)
    axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(args)
    return Made(
        mapped, tuple(a if axis is None else _batched(a, axis, size) for a, axis in zip(args, axes, strict=True))
    )


def _batched(tree: Any, axis: int, size: int) -> Any:
    """Return the shapes of a tree whose arrays have a new axis."""

    def leaf(x: Any) -> Any:
        shape = list(jnp.shape(x))
        shape.insert(axis if axis >= 0 else len(shape) + 1 + axis, size)
        return jax.ShapeDtypeStruct(tuple(shape), jnp.result_type(x))

    return jax.tree.map(leaf, tree)


def _tangents(tree: Any) -> Any:
    """Return the shapes of a tree's tangents; what has none, such as an integer, becomes None."""

    def leaf(x: Any) -> Any:
        dtype = jnp.result_type(x)
        return jax.ShapeDtypeStruct(jnp.shape(x), dtype) if jnp.issubdtype(dtype, jnp.inexact) else None

    return jax.tree.map(leaf, tree)


def _flat(tree: Any) -> tuple[list[Any], Any]:
    return jax.tree.flatten(tree)


def jvp(fn: Fn, args: Args, options: Mapping[str, Any]) -> Made:
    """Push a direction forward: its tangents are arguments after the function's own."""
    count = len(args)

    def jvp(*primals_and_tangents: Any) -> Any:
        primals, given = primals_and_tangents[:count], primals_and_tangents[count:]
        leaves, tree = _flat(primals)
        directions = tree.flatten_up_to(given)
        filled = [
            np.zeros(jnp.shape(x), jax.dtypes.float0) if direction is None else direction
            for x, direction in zip(leaves, directions, strict=True)
        ]
        return jax.jvp(fn, primals, jax.tree.unflatten(tree, filled))

    return Made(jvp, (*args, *_tangents(args)))


def vjp(fn: Fn, args: Args, options: Mapping[str, Any]) -> Made:
    """Pull a cotangent back: it is the argument after the function's own."""
    out = jax.eval_shape(fn, *args)

    def vjp(*args_and_cotangent: Any) -> Any:
        *primals, given = args_and_cotangent
        value, pull = jax.vjp(fn, *primals)
        leaves, tree = _flat(value)
        cotangents = [
            np.zeros(jnp.shape(x), jax.dtypes.float0) if cotangent is None else cotangent
            for x, cotangent in zip(leaves, tree.flatten_up_to(given), strict=True)
        ]
        gradients = pull(jax.tree.unflatten(tree, cotangents))
        return value, jax.tree.map(lambda g: None if g.dtype == jax.dtypes.float0 else g, gradients)

    return Made(vjp, (*args, _tangents(out)))


def checkpoint(fn: Fn, args: Args, options: Mapping[str, Any]) -> Made:
    """Compute again in the backward pass what it would have kept."""
    policy = options["policy"]
    found = None if policy is None else getattr(jax.checkpoint_policies, policy)
    return Made(jax.checkpoint(fn, policy=found, prevent_cse=options["prevent_cse"]), args)
