"""Gradients against central finite differences, in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from explorer.catalog.contract import parameter_names


class Comparison(NamedTuple):
    """One entry of a gradient beside its finite difference."""

    parameter: str
    entry: tuple[int, ...]  # its place in the parameter
    gradient: float
    difference: float


def finite_differences(
    loss: Callable[[Any], Any], params: Any, *, entries: int = 5, step: float = 1e-6, seed: int = 0
) -> list[Comparison]:
    """Compare `jax.grad(loss)` with (loss(p + h) - loss(p - h)) / 2h at some entries of each parameter.

    Args:
      loss: params -> scalar.
      params: a pytree of inexact arrays; taken to float64 inside.
      entries: entries of each parameter that are compared, drawn by `seed`; all where it has fewer.
      step: h, in the units of the parameter.

    Returns:
      One Comparison per entry. For smooth functions the two agree to about h**2 plus 1e-16 * loss / h.

    Source:
      Nocedal and Wright, Numerical Optimization, 2nd edition, section 8.1.
    """
    with jax.enable_x64(True):
        params = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), params)
        leaves, tree = jax.tree.flatten(params)
        grads = jax.tree.leaves(jax.grad(loss)(params))
        compiled = jax.jit(loss)
        rng = np.random.default_rng(seed)
        found = []
        for which, name in enumerate(parameter_names(params)):
            size = leaves[which].size
            for flat in sorted(rng.choice(size, min(entries, size), replace=False)):
                index = tuple(int(i) for i in np.unravel_index(flat, leaves[which].shape))
                ends = []
                for sign in (1, -1):
                    moved = [*leaves]
                    moved[which] = leaves[which].at[index].add(sign * step)
                    ends.append(float(compiled(jax.tree.unflatten(tree, moved))))
                difference = (ends[0] - ends[1]) / (2 * step)
                found.append(Comparison(name, index, float(grads[which][index]), difference))
        return found
