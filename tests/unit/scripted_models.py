"""Functions that a script must hold: with a constant, a helper, a jitted helper, an import; and some that it cannot."""

from functools import partial
from math import tanh as squash

import contract_models
import jax
import jax.numpy as jnp

from explorer.catalog.contract import Model

SCALE = 0.5
HIDDEN = jnp.ones(2)
data = {"only": "here"}


@partial(jax.jit, static_argnames="times")
def scaled(x, times=2):
    """Return x times SCALE."""
    return SCALE * times * squash(0.5) * x


def batches(x):
    """A helper with the name of one of the script's own functions."""
    return x


def apply(params, state, batch, *, key, train):
    """Use the helper and the constant; `data` is a local name here."""
    data = scaled(batch["x"])
    return data @ params["w"] + params["b"], state


def apply_hidden(params, state, batch, *, key, train):
    """Use an array that only this module has."""
    return batch["x"] @ params["w"] + HIDDEN.sum(), state


def apply_renamed(params, state, batch, *, key, train):
    """Call a helper whose name the script needs."""
    return batches(batch["x"]) @ params["w"] + params["b"], state


def closed(factor):
    """Return an `apply` that keeps its factor."""

    def apply(params, state, batch, *, key, train):
        return factor * (batch["x"] @ params["w"]), state

    return apply


def model(apply):
    """Return a line with this `apply`."""
    return Model(
        "scripted", "S", "S.", contract_models.init_linear, apply, objective, defaults=contract_models.DEFAULTS
    )


def objective(outputs, batch):
    """A loss with the name of one of the script's own functions."""
    return (outputs - batch["y"]) ** 2
