"""Logistic regression: straight lines between the classes, with a probability for each."""

from functools import partial

import jax.numpy as jnp

from explorer.catalog.contract import Model, Option
from explorer.catalog.models.judging import accuracy, cross_entropy


def init(key, spec, classes):
    """Start at zero, where every class is as likely as another; no key needed. w: f32[D, C], b: f32[C]."""
    (features,) = spec["x"].shape[1:]
    return {"w": jnp.zeros((features, classes)), "b": jnp.zeros(classes)}, {}


def apply(params, state, batch, *, key, train):
    """Return one logit per class; softmax makes them probabilities. x: f32[B, D] -> f32[B, C]."""
    return batch["x"] @ params["w"] + params["b"], state


def penalty(params, strength):
    """Return strength times the sum of the squared weights; the biases are free. w: f32[D, C] -> f32[]."""
    return strength * jnp.sum(params["w"] ** 2)


def build(classes=3, strength=0.0):
    """Return the model: one linear score per class."""
    return Model(
        name="logistic-regression",
        title="Logistic regression",
        summary="One linear score per class, softmax over them; judged by the cross-entropy.",
        group="Regression and classification",
        init=partial(init, classes=classes),
        apply=apply,
        loss=cross_entropy,
        penalty=partial(penalty, strength=strength),
        metrics={"accuracy": accuracy},
        options={
            "classes": Option(3, low=2, high=1000, help="Classes to tell apart, one output each."),
            "strength": Option(0.0, low=0.0, high=1000.0, help="What a squared weight of 1 costs."),
        },
        defaults={
            "dataset": "gaussians",
            "optimizer": ("adam", {"learning_rate": 0.1}),
            "batch_size": 32,
            "steps": 500,
        },
    )
