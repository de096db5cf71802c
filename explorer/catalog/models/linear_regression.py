"""Linear regression: y = x w + b, fitted to the squared error. The article's first example."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import optax

from explorer.catalog.contract import Model


def init(key, spec):  # type: ignore[no-untyped-def]
    """Start at zero. w: f32[D], b: f32[1], for x: f32[B, D]."""
    (features,) = spec["x"].shape[1:]
    return {"w": jnp.zeros(features), "b": jnp.zeros(1)}, {}


def apply(params, state, batch, *, key, train):  # type: ignore[no-untyped-def]
    """Return the prediction for each example, f32[B]."""
    return batch["x"] @ params["w"] + params["b"], state


def loss(outputs, batch):  # type: ignore[no-untyped-def]
    """Return the squared error of each example, f32[B]."""
    return optax.squared_error(outputs, batch["y"])
