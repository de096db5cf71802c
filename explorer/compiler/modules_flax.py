"""Flax NNX modules: an object that a call may change, split into its graph and its state."""

from __future__ import annotations

from typing import Any

import jax
from flax import nnx

from explorer.compiler.modules import Opened


def opened(value: Any) -> Opened | None:
    """Return a module opened; None where it is no module of NNX's."""
    if not isinstance(value, nnx.Module):
        return None
    graph, state = nnx.split(value)
    return Opened(state, lambda traced: nnx.merge(graph, traced), _changed)


def _changed(module: nnx.Module, before: list[Any]) -> Any:
    """Return the state of a module after a call, such as new batch statistics; None where the call left it alone."""
    after = nnx.state(module)
    leaves = jax.tree.leaves(after)
    same = len(leaves) == len(before) and all(old is new for old, new in zip(before, leaves, strict=True))
    return None if same else after
