"""Linear regression, the article's first example."""

import jax.numpy as jnp

from explorer.catalog.contract import Model
from explorer.catalog.models.judging import squared_error


def init(key, spec):
    """Start at zero, which needs no key. w: f32[D], b: f32[1]."""
    (features,) = spec["x"].shape[1:]
    return {"w": jnp.zeros(features), "b": jnp.zeros(1)}, {}


def apply(params, state, batch, *, key, train):
    """Return the prediction x w + b of each example. x: f32[B, D] -> f32[B]."""
    return batch["x"] @ params["w"] + params["b"], state


def build():
    """Return the model: a line through the data."""
    return Model(
        name="linear-regression",
        title="Linear regression",
        summary="A straight line: the prediction is x w + b, judged by its squared error.",
        group="From the article",
        init=init,
        apply=apply,
        loss=squared_error,
        # Adam moves a parameter by about its learning rate at most, so 0.001 would need more than 3,000 steps.
        defaults={
            "dataset": "linear",
            "optimizer": ("adam", {"learning_rate": 0.1}),
            "batch_size": 32,
            "steps": 1000,
        },
    )
