"""Three models that a reader could add: dropout, batch norm state, and a test function of two parameters."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

from explorer.catalog.contract import Dataset, Model, Option

DEFAULTS = {"dataset": "linear", "optimizer": ("sgd", {"learning_rate": 0.05}), "batch_size": 16, "steps": 200}


def init_linear(key, spec):
    """w: f32[D], b: f32[1]."""
    return {"w": jnp.zeros(spec["x"].shape[1]), "b": jnp.zeros(1)}, {}


def apply_dropout(params, state, batch, *, key, train, rate):
    """Drop inputs while training."""
    x = batch["x"]
    if train:
        x = jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0.0)
    return x @ params["w"] + params["b"], state


def squared(outputs, batch):
    """Return the squared error, f32[B]."""
    return optax.squared_error(outputs, batch["y"])


def dropout(rate=0.5):
    """A line with dropout on its input, and ridge."""
    return Model(
        "with-dropout",
        "Dropout",
        "A line with dropout.",
        init_linear,
        partial(apply_dropout, rate=rate),
        squared,
        penalty=lambda params: 1e-3 * jnp.sum(params["w"] ** 2),
        options={"rate": Option(0.5, low=0.0, high=0.9, help="Share dropped.")},
        defaults=DEFAULTS,
    )


def init_norm(key, spec):
    """State: running mean and variance of the inputs."""
    features = spec["x"].shape[1]
    params = {"w": jnp.zeros(features), "b": jnp.zeros(1)}
    return params, {"mean": jnp.zeros(features), "var": jnp.ones(features)}


def apply_norm(params, state, batch, *, key, train):
    """Normalise by the batch while training, by the running figures in use."""
    x = batch["x"]
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        state = {"mean": 0.9 * state["mean"] + 0.1 * mean, "var": 0.9 * state["var"] + 0.1 * var}
    else:
        mean, var = state["mean"], state["var"]
    return (x - mean) / jnp.sqrt(var + 1e-5) @ params["w"] + params["b"], state


def batch_norm():
    """A line on normalised inputs."""
    return Model("with-batch-norm", "Batch norm", "A line.", init_norm, apply_norm, squared, defaults=DEFAULTS)


def init_point(key, spec):
    """xy: f32[2], the usual start of Rosenbrock's function."""
    return {"xy": jnp.array([-1.2, 1.0])}, {}


def apply_rosenbrock(params, state, batch, *, key, train):
    """Return f(x, y) = (1 - x)^2 + 100 (y - x^2)^2, f32[1]."""
    x, y = params["xy"]
    return ((1 - x) ** 2 + 100 * (y - x**2) ** 2)[None], state


def rosenbrock():
    """A function of two parameters, with no data."""
    defaults = {"dataset": "nothing", "optimizer": ("adam", {"learning_rate": 0.02}), "batch_size": 1, "steps": 3000}
    return Model(
        "rosenbrock", "Rosenbrock", "A valley.", init_point, apply_rosenbrock, lambda out, _: out, defaults=defaults
    )


def nothing():
    """The data set of a test function."""
    return Dataset("nothing", "No data", "A test function needs none.", lambda: ({}, None), ())


def init_log(key, spec):
    """w: f32[1], at a place from which a large step leaves the domain of the logarithm."""
    return {"w": jnp.ones(1)}, {}


def apply_log(params, state, batch, *, key, train):
    """Return -log(w) x, which is NaN for w < 0."""
    return -jnp.log(params["w"]) * batch["x"][:, 0], state  # the line that makes the NaN


def logarithm():
    """A model that leaves its domain: the first NaN is made by the log."""
    return Model("logarithm", "Logarithm", "-log(w) x.", init_log, apply_log, squared, defaults=DEFAULTS)


def apply_broken(params, state, batch, *, key, train):
    """Raise when it is trained, not when its shapes are looked at."""
    if BROKEN["now"]:
        raise RuntimeError("the model broke on purpose")
    return batch["x"] @ params["w"] + params["b"], state


BROKEN = {"now": False}


def broken():
    """A model whose apply raises once BROKEN["now"] is set."""
    return Model("broken", "Broken", "Raises.", init_linear, apply_broken, squared, defaults=DEFAULTS)


def load_holes():
    """Return data with a NaN in it."""
    x = np.ones((20, 1), np.float32)
    x[3] = np.nan
    return {"x": x, "y": np.ones(20, np.float32)}, None


def holes():
    """A data set with a missing value."""
    return Dataset("holes", "Holes", "Has a NaN.", load_holes, ("x",))
