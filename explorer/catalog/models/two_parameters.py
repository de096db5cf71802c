"""What the functions of two parameters share: a point that moves, and no data."""

from functools import partial

import jax.numpy as jnp

from explorer.catalog.contract import Model, Option


def init(key, spec, x, y):
    """Start at a chosen point, which needs no key. xy: f32[2]."""
    return {"xy": jnp.array([x, y])}, {}


def apply(params, state, batch, *, key, train, function):
    """Return the height of the function at the point. xy: f32[2] -> f32[1]."""
    x, y = params["xy"]
    return function(x, y)[None], state


def loss(outputs, batch):
    """Return the height itself: it is what is to become small. f32[1] -> f32[1]."""
    return outputs


def two_parameters(function, start, reach, *, name, title, summary, optimizer, steps):
    """Return the model that walks down a function.

    Args:
      function: (x, y) -> height, each f32[].
      start: (x, y) to start from.
      reach: the largest |x| and |y| to start from.
      name, title, summary: as for a model.
      optimizer: the name and options of the optimizer to begin with.
      steps: steps to begin with.
    """
    x, y = start
    return Model(
        name=name,
        title=title,
        summary=summary,
        group="Functions of two parameters",
        init=partial(init, x=x, y=y),
        apply=partial(apply, function=function),
        loss=loss,
        options={
            f"start_{axis}": Option(value, low=-reach, high=reach, help=f"The {axis} of the point to start from.")
            for axis, value in (("x", x), ("y", y))
        },
        defaults={"dataset": "nothing", "optimizer": optimizer, "batch_size": 1, "steps": steps},
    )
