"""Ridge regression: a straight line, or a plane, whose weights are kept small by a penalty."""

from functools import partial

import jax.numpy as jnp

from explorer.catalog.contract import Model, Option
from explorer.catalog.models.judging import absolute_error, squared_error
from explorer.catalog.models.linear_regression import apply, init


def penalty(params, strength):
    """Return strength times the sum of the squared weights; the bias is free. w: f32[D] -> f32[]."""
    return strength * jnp.sum(params["w"] ** 2)


def build(strength=0.1):
    """Return the model: a line through the data, drawn towards flat."""
    return Model(
        name="ridge-regression",
        title="Ridge regression",
        summary="A straight line, x w + b, whose squared weights are added to the loss: small weights are preferred.",
        group="Regression and classification",
        init=init,
        apply=apply,
        loss=squared_error,
        penalty=partial(penalty, strength=strength),
        metrics={"absolute error": absolute_error},
        options={"strength": Option(0.1, low=0.0, high=1000.0, help="What a squared weight of 1 costs.")},
        defaults={
            "dataset": ("linear", {"noise": 1.0}),
            "optimizer": ("adam", {"learning_rate": 0.1}),
            "batch_size": 32,
            "steps": 500,
        },
    )
