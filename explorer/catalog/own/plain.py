"""What stands between the catalog's contract and a plain `init` and `apply`: what the copied script shows."""

import jax.numpy as jnp

from explorer.catalog.models.judging import absolute_error, cross_entropy, squared_error


def the_input(batch):
    """Return the column that a model of one argument reads: x, else tokens."""
    return batch["x"] if "x" in batch else batch["tokens"]


def loss_of_target(outputs, batch):
    """Return the cross-entropy where the target is a label, else the squared error. -> f32[B]."""
    if jnp.issubdtype(batch["y"].dtype, jnp.integer):
        return cross_entropy(outputs, batch)
    return squared_error(outputs.reshape(batch["y"].shape), batch)


def error_of_target(outputs, batch):
    """Return the distance from the target, in its unit. -> f32[B]."""
    return absolute_error(outputs.reshape(batch["y"].shape), batch)


def init_plain(key, spec, start, takes_input):
    """Return the params of `start`, which reads an input of zeros where it takes one."""
    arguments = [jnp.zeros(the_input(spec).shape, the_input(spec).dtype)] if takes_input else []
    return start(key, *arguments), {}


def apply_plain(params, state, batch, *, key, train, predict):
    """Return what `predict` makes of the input."""
    return predict(params, the_input(batch)), state
