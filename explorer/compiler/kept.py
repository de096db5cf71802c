"""The arguments a function was looked at with, kept only as long as somebody else keeps them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def kept(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Callable[[], Arguments]:
    """Return what gives the arguments back; an array that is gone by then is given back as its shape.

    An inspection may outlive the arrays it was made with, and must not hold their memory.
    """
    leaves, tree = jax.tree.flatten((tuple(args), dict(kwargs)))
    found = [_weak(leaf) for leaf in leaves]
    return lambda: jax.tree.unflatten(tree, [get() for get in found])


def _weak(leaf: Any) -> Callable[[], Any]:
    if not hasattr(leaf, "shape") or not hasattr(leaf, "dtype"):
        return lambda: leaf  # a Python number, or something static
    shape = jax.ShapeDtypeStruct(jnp.shape(leaf), leaf.dtype)
    try:
        alive = weakref.ref(leaf)
    except TypeError:  # NumPy's scalars
        return lambda: leaf

    def get() -> Any:
        found = alive()
        gone = found is None or (isinstance(found, jax.Array) and found.is_deleted())  # given away to a call
        return shape if gone else found

    return get
