"""An image fit: a network that learns a picture from places, with Fourier features of the places."""

from functools import partial

import jax
import jax.numpy as jnp

from explorer.catalog.contract import Model, Option
from explorer.catalog.models.judging import absolute_error, squared_error


def init(key, spec, features, scale, hidden):
    """Draw the frequencies, which are kept as they are (state f32[D, F]), and the weights, which are learned."""
    (inputs,) = spec["x"].shape[1:]
    frequency_key, key1, key2, key3 = jax.random.split(key, 4)
    he_normal = jax.nn.initializers.he_normal()
    sizes = {"hidden1": (inputs + 2 * features, hidden), "hidden2": (hidden, hidden), "output": (hidden, 1)}
    params = {
        name: {"w": he_normal(layer_key, size), "b": jnp.zeros(size[1])}
        for layer_key, (name, size) in zip((key1, key2, key3), sizes.items(), strict=True)
    }
    return params, {"frequencies": scale * jax.random.normal(frequency_key, (inputs, features))}


def apply(params, state, batch, *, key, train):
    """Return the brightness at each place. x: f32[B, D] -> f32[B].

    Sines and cosines of high frequency tell places apart that lie close together; from the places alone a network
    learns the coarse shapes first and the fine ones hardly at all.
    """
    waves = jnp.pi * batch["x"] @ state["frequencies"]
    h = jnp.concatenate([batch["x"], jnp.sin(waves), jnp.cos(waves)], axis=-1)
    h = jax.nn.relu(h @ params["hidden1"]["w"] + params["hidden1"]["b"])
    h = jax.nn.relu(h @ params["hidden2"]["w"] + params["hidden2"]["b"])
    return (h @ params["output"]["w"] + params["output"]["b"])[:, 0], state


def build(features=32, scale=4.0, hidden=64):
    """Return the model: places, their Fourier features, two hidden layers, one brightness."""
    return Model(
        name="fourier-features",
        title="Image fit with Fourier features",
        summary="Learns a picture: a place goes in, with sines and cosines of it, its brightness comes out.",
        group="Networks",
        init=partial(init, features=features, scale=scale, hidden=hidden),
        apply=apply,
        loss=squared_error,
        metrics={"absolute error": absolute_error},
        options={
            "features": Option(32, low=1, high=1024, help="Frequencies; each makes a sine and a cosine."),
            "scale": Option(4.0, low=0.0, high=100.0, help="How high the frequencies are; 0 leaves the places alone."),
            "hidden": Option(64, low=1, high=4096, help="Units in each hidden layer."),
        },
        # Source: M. Tancik et al., Fourier Features Let Networks Learn High Frequency Functions, 2020.
        defaults={
            "dataset": "pixels",
            "optimizer": ("adam", {"learning_rate": 0.005}),
            "batch_size": 256,
            "steps": 1000,
        },
    )
