"""A 2-16-1 regression network and its data, registered as a reader would add an entry."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

from explorer.catalog.contract import Dataset, Model
from explorer.catalog.registry import register


def init(key, spec):
    """Draw He-normal weights. w: f32[2, 16] and f32[16, 1]."""
    key1, key2 = jax.random.split(key)
    he_normal = jax.nn.initializers.he_normal()
    hidden = {"w": he_normal(key1, (2, 16)), "b": jnp.zeros(16)}
    return {"hidden": hidden, "output": {"w": he_normal(key2, (16, 1)), "b": jnp.zeros(1)}}, {}


def apply(params, state, batch, *, key, train):
    """Return the prediction, f32[B]."""
    hidden = jax.nn.relu(batch["x"] @ params["hidden"]["w"] + params["hidden"]["b"])
    return (hidden @ params["output"]["w"] + params["output"]["b"])[:, 0], state


def loss(outputs, batch):
    """Return the squared error, f32[B]."""
    return optax.squared_error(outputs, batch["y"])


def load(examples):
    """Return points of y = x0 * x1."""
    x = np.random.default_rng(0).normal(size=(examples, 2)).astype(np.float32)
    batch = {"x": x, "y": x[:, 0] * x[:, 1]}
    return {k: v[examples // 5 :] for k, v in batch.items()}, {k: v[: examples // 5] for k, v in batch.items()}


def model():
    """Return the network."""
    defaults = {"dataset": "saddle", "optimizer": "adam", "batch_size": 32, "steps": 1000}
    return Model("small-network", "2-16-1", "A small regression network.", init, apply, loss, defaults=defaults)


def dataset():
    """Return the data."""
    return Dataset("saddle", "Saddle", "y = x0 x1.", partial(load, examples=5000), ("x",))


def add():
    """Register both."""
    register("model", model)
    register("dataset", dataset)
