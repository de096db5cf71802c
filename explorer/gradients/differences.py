"""Central finite differences in float64, at many step sizes in one compiled call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.flatten_util import ravel_pytree


def central_differences(
    loss: Callable[[Any], Any], params: Any, entries: Sequence[tuple[int, tuple[int, ...]]], steps: np.ndarray
) -> np.ndarray:
    """Return (loss(p + h) - loss(p - h)) / 2h for each step size h and each entry; needs 64-bit types enabled.

    Args:
      loss: params -> scalar.
      params: a pytree of f64 arrays.
      entries: E of (place of the parameter among the leaves, place in it).
      steps: f64[S], in the units of the parameter.

    Returns:
      f64[S, E].

    Source:
      Nocedal and Wright, Numerical Optimization, 2nd edition, section 8.1.
    """
    flat, tree_of = ravel_pytree(params)
    shapes = [leaf.shape for leaf in jax.tree.leaves(params)]
    starts = np.concatenate([[0], np.cumsum([np.prod(shape, dtype=int) for shape in shapes])])
    places = np.asarray([starts[which] + _flat(entry, shapes[which]) for which, entry in entries])
    values = np.asarray(flat)[places]
    ends = np.stack([values + steps[:, None], values - steps[:, None]])  # f64[2, S, E]
    where = np.broadcast_to(places, ends.shape)

    def losses(flat: jax.Array, where: jax.Array, ends: jax.Array) -> jax.Array:
        return jax.lax.map(lambda moved: loss(tree_of(flat.at[moved[0]].set(moved[1]))), (where, ends))

    found = np.asarray(jax.jit(losses)(flat, where.ravel(), ends.ravel())).reshape(ends.shape)
    return np.asarray((found[0] - found[1]) / (ends[0] - ends[1]))  # by what was really moved: p + h is rounded too


def _flat(entry: tuple[int, ...], shape: tuple[int, ...]) -> int:
    return int(np.ravel_multi_index(entry, shape)) if shape else 0


def drawn(shape: tuple[int, ...], entries: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Return places in an array of this shape, in order; every one where it has no more than `entries`."""
    size = int(np.prod(shape))
    flat = sorted(rng.choice(size, min(entries, size), replace=False))
    return [tuple(int(i) for i in np.unravel_index(each, shape)) for each in flat]
