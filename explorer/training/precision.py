"""The floating-point type of a run, without touching the user's configuration."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import jax.numpy as jnp


def precision(dtype: str) -> AbstractContextManager[Any]:
    """Return the context in which a run of this dtype traces and runs: 64-bit types exist inside for float64."""
    return jax.enable_x64(True) if dtype == "float64" else nullcontext()


def cast(tree: Any, dtype: str) -> Any:
    """Return the tree with its floating-point leaves in this dtype; integers and keys stay as they are."""

    def leaf(x: Any) -> Any:
        return jnp.asarray(x, dtype) if jnp.issubdtype(jnp.result_type(x), jnp.floating) else jnp.asarray(x)

    return jax.tree.map(leaf, tree)
