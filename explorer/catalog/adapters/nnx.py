"""Flax NNX modules as models: `nnx.Param` are the params; batch statistics and random streams are the state."""

from __future__ import annotations

from typing import Any

import jax
from flax import nnx

from explorer.catalog.contract import Batch, PyTree
from explorer.catalog.own.plain import the_input


def fields_of(module: Any) -> dict[str, Any]:
    """Return a module's functions as fields of `Model`.

    Args:
      module: an `nnx.Module`, called on a batch: (x). Its params are those it starts from, whatever the seed.
    """
    graph, params, rest = _parts(module)
    start, beside = nnx.to_pure_dict(params), nnx.to_pure_dict(rest)

    def init(key: jax.Array, spec: Any) -> tuple[PyTree, PyTree]:
        return start, beside

    def apply(now: PyTree, state: PyTree, batch: Batch, *, key: jax.Array, train: bool) -> tuple[PyTree, PyTree]:
        new_params, new_rest = jax.tree.map(lambda x: x, (params, rest))  # copies: replacing changes them in place
        nnx.replace_by_pure_dict(new_params, now)
        nnx.replace_by_pure_dict(new_rest, state)
        model = nnx.merge(graph, new_params, new_rest)
        model.train() if train else model.eval()
        outputs = model(the_input(batch))
        return outputs, nnx.to_pure_dict(_parts(model)[2])

    return {"init": init, "apply": apply}


def _parts(module: Any) -> Any:
    """Return the graph, the params and the rest of a module."""
    return nnx.split(module, nnx.Param, ...)
