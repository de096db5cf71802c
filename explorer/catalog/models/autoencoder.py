"""An autoencoder: the input is squeezed through a few numbers and must come out again."""

from functools import partial

import jax
import jax.numpy as jnp

from explorer.catalog.contract import Model, Option


def init(key, spec, hidden, code):
    """Draw He-normal weights and zero biases for D -> hidden -> code -> hidden -> D."""
    (features,) = spec["x"].shape[1:]
    sizes = {
        "encoder1": (features, hidden),
        "encoder2": (hidden, code),
        "decoder1": (code, hidden),
        "decoder2": (hidden, features),
    }
    he_normal = jax.nn.initializers.he_normal()
    return {
        name: {"w": he_normal(layer_key, size), "b": jnp.zeros(size[1])}
        for layer_key, (name, size) in zip(jax.random.split(key, 4), sizes.items(), strict=True)
    }, {}


def dense(x, layer):
    """Return x w + b. x: f32[B, D] -> f32[B, H]."""
    return x @ layer["w"] + layer["b"]


def apply(params, state, batch, *, key, train):
    """Return the input as it is after the squeeze. x: f32[B, D] -> f32[B, D]."""
    code = dense(jax.nn.relu(dense(batch["x"], params["encoder1"])), params["encoder2"])
    return dense(jax.nn.relu(dense(code, params["decoder1"])), params["decoder2"]), state


def loss(outputs, batch):
    """Return the mean squared error of each example. outputs, x: f32[B, D] -> f32[B]."""
    return jnp.mean((outputs - batch["x"]) ** 2, axis=-1)


def build(hidden=64, code=16):
    """Return the model: an input of any size through `code` numbers."""
    return Model(
        name="autoencoder",
        title="Autoencoder",
        summary="Squeezes the input through a few numbers and restores it; needs no labels.",
        group="Networks",
        init=partial(init, hidden=hidden, code=code),
        apply=apply,
        loss=loss,
        options={
            "hidden": Option(64, low=1, high=4096, help="Units in the layer on either side of the code."),
            "code": Option(16, low=1, high=1024, help="Numbers that the input is squeezed through."),
        },
        defaults={
            "dataset": "mnist",
            "optimizer": ("adam", {"learning_rate": 0.003}),
            "batch_size": 64,
            "steps": 1000,
        },
    )
