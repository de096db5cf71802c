"""Equinox modules as models: the inexact arrays are the params, all else stays as it is."""

from __future__ import annotations

import inspect
from typing import Any

import equinox as eqx
import jax

from explorer.catalog.contract import Batch, PyTree
from explorer.catalog.own.plain import the_input


def fields_of(module: Any) -> dict[str, Any]:
    """Return a module's functions as fields of `Model`.

    Args:
      module: an `equinox.Module`, called on one example: (x) or (x, key=key). Its params are those it starts from,
        whatever the seed.
    """
    start, static = eqx.partition(module, eqx.is_inexact_array)
    takes_key = "key" in inspect.signature(type(module).__call__).parameters

    def init(key: jax.Array, spec: Any) -> tuple[PyTree, PyTree]:
        return start, {}

    def apply(params: PyTree, state: PyTree, batch: Batch, *, key: jax.Array, train: bool) -> tuple[PyTree, PyTree]:
        model = eqx.combine(params, static)
        if not train:
            model = eqx.nn.inference_mode(model)
        inputs = the_input(batch)
        if not takes_key:
            return jax.vmap(model)(inputs), state
        return jax.vmap(lambda x, k: model(x, key=k))(inputs, jax.random.split(key, len(inputs))), state

    return {"init": init, "apply": apply}
