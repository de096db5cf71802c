"""Arguments for a compiled function of which only shapes are known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def arguments_for(compiled: Any, given: Sequence[Any] | None, seed: int = 0) -> tuple[list[Any], Any, bool]:
    """Return arguments to call a compiled function with.

    Args:
      compiled: a `jax.stages.Compiled`.
      given: (args, kwargs) without the static ones, if they are at hand; what is only a shape in them is made
        up, and all of it where they do not fit.
      seed: of what is made up: standard normal floats, integers 0 or 1 (which are indices into any axis of two
        or more), booleans, keys.

    Returns:
      The leaves, the tree they belong into, and whether any was made up.
    """
    infos, tree = jax.tree.flatten(compiled.args_info)
    leaves: list[Any] = [None] * len(infos)
    if given is not None and jax.tree.structure(given) == tree:  # type: ignore[operator]
        leaves = jax.tree.leaves(given)
    draw = np.random.default_rng(seed)
    shardings = _shardings(compiled, len(infos))
    made, found = False, []
    for info, leaf, sharding in zip(infos, leaves, shardings, strict=True):
        if leaf is None or isinstance(leaf, jax.ShapeDtypeStruct):
            leaf, made = jax.device_put(drawn(draw, info.shape, info.dtype), sharding), True
        elif sharding is not None and len(sharding.device_set) > 1:
            leaf = jax.device_put(leaf, sharding)
        found.append(leaf)
    return found, tree, made


def donated(compiled: Any) -> list[bool]:
    """Return for each leaf of the arguments whether a call uses its memory up."""
    return [bool(info.donated) for info in jax.tree.leaves(compiled.args_info)]


def _shardings(compiled: Any, count: int) -> list[Any]:
    found = jax.tree.leaves(compiled.input_shardings, is_leaf=lambda s: isinstance(s, jax.sharding.Sharding))
    return found if len(found) == count else [None] * count  # arguments that are not used have none


def drawn(draw: np.random.Generator, shape: Sequence[int], dtype: Any) -> Any:
    """Return an array of a shape and dtype with what is made up, as `arguments_for` says it."""
    if jnp.issubdtype(dtype, jax.dtypes.prng_key):
        keys = jax.random.split(jax.random.key(0), max(1, math.prod(shape)))
        return keys.reshape(shape) if math.prod(shape) else keys[:0].reshape(shape)
    if jnp.issubdtype(dtype, jnp.complexfloating):
        return (draw.standard_normal(shape) + 1j * draw.standard_normal(shape)).astype(dtype)
    if jnp.issubdtype(dtype, jnp.inexact):
        return draw.standard_normal(shape, np.float32).astype(dtype)
    return draw.integers(0, 2, shape).astype(dtype)
