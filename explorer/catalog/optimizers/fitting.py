"""Whether an optimizer can train parameters of given shapes: found by trying it with `jax.eval_shape`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax

from explorer.catalog.contract import PyTree, parameter_names
from explorer.catalog.optimizers import calling
from explorer.catalog.optimizers.optimizer import Optimizer, build


def fits(name: str, params_spec: PyTree, options: Mapping[str, Any] | None = None) -> str | None:
    """Return why this optimizer cannot train such parameters, in a sentence, or None if it can.

    Args:
      name: one of `names()`.
      params_spec: a pytree of `jax.ShapeDtypeStruct`, or of arrays.
      options: as for `build`.
    """
    optimizer = build(name, options)
    reason = _failure(optimizer, params_spec)
    if reason is None:
        return None
    title = optimizer.info.title
    for parameter, leaf in zip(parameter_names(params_spec), jax.tree.leaves(params_spec), strict=True):
        alone = _failure(optimizer, {"p": leaf})
        if alone is not None:
            what = "a single number" if not leaf.shape else f"of shape {tuple(leaf.shape)}"
            return f"{title} cannot train '{parameter}', which is {what} ({alone})."
    return f"{title} cannot train these parameters ({reason})."


def _failure(optimizer: Optimizer, params_spec: PyTree) -> str | None:
    def step(params: PyTree, state: PyTree) -> PyTree:
        value, grads = jax.value_and_grad(calling.objective)(params)
        return optimizer.update(grads, state, params, value=value, value_fn=calling.objective)[1]

    try:
        before = jax.eval_shape(optimizer.init, params_spec)
        after = jax.eval_shape(step, params_spec, before)
    except Exception as error:  # whatever optax raises is the reason
        return f"optax raises {type(error).__name__}: {str(error).splitlines()[0] if str(error) else '-'}"
    if jax.tree.map(_kind, before) != jax.tree.map(_kind, after):
        return "its state changes shape or dtype from step to step"
    return None


def _kind(leaf: Any) -> tuple[tuple[int, ...], str]:
    return tuple(leaf.shape), str(leaf.dtype)
