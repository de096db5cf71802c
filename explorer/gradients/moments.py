"""What an optimizer remembers of each weight, found in its state by structure: what is shaped as the params."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from explorer.catalog.contract import PyTree


def moments(opt_state: PyTree, params: PyTree, which: int, index: tuple[int, ...]) -> dict[str, float]:
    """Return the numbers in the state that belong to one weight.

    Args:
      opt_state: of any optimizer.
      params: what it is of.
      which: the parameter, by its place among the leaves.
      index: the weight's place in it.

    Returns:
      By the last word of where it stands, such as "mu", or the whole place where that word is there twice.
    """
    structure: Any = jax.tree.structure(params)
    shapes = [leaf.shape for leaf in jax.tree.leaves(params)]

    def as_params(tree: Any) -> bool:
        return (
            bool(jax.tree.structure(tree) == structure)
            and [getattr(leaf, "shape", None) for leaf in jax.tree.leaves(tree)] == shapes
        )

    found = {}
    for path, tree in jax.tree.flatten_with_path(opt_state, is_leaf=as_params)[0]:
        if as_params(tree):
            found[jax.tree_util.keystr(path, simple=True, separator="/")] = jax.tree.leaves(tree)[which]
    short = [path.rpartition("/")[2] for path in found]
    return {
        (last if short.count(last) == 1 else path): float(np.asarray(leaf, np.float64)[index])
        for (path, leaf), last in zip(found.items(), short, strict=True)
    }
