"""A network of two dense layers with ReLU between them, the article's second example (784-256-10 on MNIST)."""

from functools import partial

import jax
import jax.numpy as jnp

from explorer.catalog.contract import Model, Option
from explorer.catalog.models.judging import accuracy, cross_entropy


def init(key, spec, hidden, classes):
    """Draw He-normal weights and zero biases. w: f32[D, H] and f32[H, C], b: f32[H] and f32[C]."""
    (features,) = spec["x"].shape[1:]
    key1, key2 = jax.random.split(key)
    he_normal = jax.nn.initializers.he_normal()
    return {
        "hidden": {"w": he_normal(key1, (features, hidden)), "b": jnp.zeros(hidden)},
        "output": {"w": he_normal(key2, (hidden, classes)), "b": jnp.zeros(classes)},
    }, {}


def apply(params, state, batch, *, key, train):
    """Return one logit per class. x: f32[B, D] -> f32[B, C]."""
    hidden = jax.nn.relu(batch["x"] @ params["hidden"]["w"] + params["hidden"]["b"])
    return hidden @ params["output"]["w"] + params["output"]["b"], state


def build(hidden=256, classes=10):
    """Return the model: inputs, `hidden` ReLU units, one logit per class."""
    return Model(
        name="neural-network",
        title="Neural network",
        summary="Two dense layers with ReLU between them; the largest of the outputs names the class.",
        group="From the article",
        init=partial(init, hidden=hidden, classes=classes),
        apply=apply,
        loss=cross_entropy,
        metrics={"accuracy": accuracy},
        options={
            "hidden": Option(256, low=1, high=4096, help="Units in the hidden layer."),
            "classes": Option(10, low=2, high=1000, help="Classes to tell apart, one output each."),
        },
        # Adam at 0.001 is the article's own setting.
        defaults={
            "dataset": "mnist",
            "optimizer": ("adam", {"learning_rate": 0.001}),
            "batch_size": 128,
            "steps": 1000,
        },
    )
