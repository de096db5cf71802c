"""A convolutional network with batch norm: the same small kernels look at every place of a picture."""

from functools import partial
from math import isqrt

import jax
import jax.numpy as jnp

from explorer.catalog.contract import Model, Option
from explorer.catalog.models.judging import accuracy, cross_entropy


def init(key, spec, channels, classes):
    """Draw He-normal kernels. w: f32[3, 3, in, out] (height, width, channels), scale, shift: f32[out]."""
    (pixels,) = spec["x"].shape[1:]
    side = isqrt(pixels)
    if side < 8 or side**2 != pixels:
        raise ValueError(f"an example of size {pixels:,} is no square picture of 8 x 8 pixels or more")
    he_normal = jax.nn.initializers.he_normal()
    key1, key2, key3 = jax.random.split(key, 3)
    side = -(-side // 4)  # halved twice, rounded up
    params = {
        "conv1": {"w": he_normal(key1, (3, 3, 1, channels)), **_scale_and_shift(channels)},
        "conv2": {"w": he_normal(key2, (3, 3, channels, 2 * channels)), **_scale_and_shift(2 * channels)},
        "output": {"w": he_normal(key3, (side**2 * 2 * channels, classes)), "b": jnp.zeros(classes)},
    }
    state = {"conv1": _running(channels), "conv2": _running(2 * channels)}
    return params, state


def _scale_and_shift(channels):
    return {"scale": jnp.ones(channels), "shift": jnp.zeros(channels)}


def _running(channels):
    return {"mean": jnp.zeros(channels), "var": jnp.ones(channels)}


def convolve(x, w):
    """Slide the kernels over every second place. x: f32[B, H, W, in] -> f32[B, H/2, W/2, out]."""
    return jax.lax.conv_general_dilated(x, w, (2, 2), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def batch_norm(x, params, running, train):
    """Give each channel mean 0 and variance 1 over the batch, then a scale and a shift that are learned.

    In use the running figures, kept in the state, stand for those of the batch. x: f32[B, H, W, C].
    """
    if train:
        mean, var = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
        running = {"mean": 0.9 * running["mean"] + 0.1 * mean, "var": 0.9 * running["var"] + 0.1 * var}
    else:
        mean, var = running["mean"], running["var"]
    return (x - mean) * jax.lax.rsqrt(var + 1e-5) * params["scale"] + params["shift"], running


def apply(params, state, batch, *, key, train):
    """Return one logit per class. x: f32[B, side * side] -> f32[B, C]."""
    side = isqrt(batch["x"].shape[1])
    h, new_state = batch["x"].reshape(-1, side, side, 1), {}
    for name in ("conv1", "conv2"):
        h = convolve(h, params[name]["w"])
        h, new_state[name] = batch_norm(h, params[name], state[name], train)
        h = jax.nn.relu(h)
    flat = h.reshape(len(h), -1)
    return flat @ params["output"]["w"] + params["output"]["b"], new_state


def build(channels=10, classes=10):
    """Return the model: two convolutions with batch norm and ReLU, then a dense layer."""
    return Model(
        name="convolutional-network",
        title="Convolutional network",
        summary="Two layers of 3 × 3 kernels with batch norm and ReLU, then one output per class; for pictures.",
        group="Networks",
        init=partial(init, channels=channels, classes=classes),
        apply=apply,
        loss=cross_entropy,
        metrics={"accuracy": accuracy},
        options={
            "channels": Option(10, low=1, high=256, help="Kernels in the first layer; the second has twice as many."),
            "classes": Option(10, low=2, high=1000, help="Classes to tell apart, one output each."),
        },
        defaults={
            "dataset": "mnist",
            "optimizer": ("adam", {"learning_rate": 0.003}),
            "batch_size": 64,
            "steps": 300,
        },
    )
