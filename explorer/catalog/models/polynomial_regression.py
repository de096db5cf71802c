"""Polynomial regression: linear in its parameters, curved in its input."""

from functools import partial

import jax.numpy as jnp

from explorer.catalog.contract import Model, Option
from explorer.catalog.models.judging import absolute_error, squared_error


def init(key, spec, degree):
    """Start at zero, which needs no key. w: f32[D, degree], b: f32[1]."""
    (features,) = spec["x"].shape[1:]
    return {"w": jnp.zeros((features, degree)), "b": jnp.zeros(1)}, {}


def apply(params, state, batch, *, key, train):
    """Return w1 x + w2 x^2 + ... + b, for each feature its own powers. x: f32[B, D] -> f32[B]."""
    degree = params["w"].shape[1]
    powers = batch["x"][:, :, None] ** jnp.arange(1, degree + 1)
    return jnp.einsum("bdp,dp->b", powers, params["w"]) + params["b"], state


def build(degree=5):
    """Return the model: a polynomial of each feature, summed."""
    return Model(
        name="polynomial-regression",
        title="Polynomial regression",
        summary="A curve, w1 x + w2 x² + ... + b: linear in its parameters, judged by its squared error.",
        group="Regression and classification",
        init=partial(init, degree=degree),
        apply=apply,
        loss=squared_error,
        metrics={"absolute error": absolute_error},
        options={"degree": Option(5, low=1, high=20, help="The highest power of x.")},
        defaults={
            "dataset": "sine",
            "optimizer": ("adam", {"learning_rate": 0.1}),
            "batch_size": 32,
            "steps": 2000,
        },
    )
