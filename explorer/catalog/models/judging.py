"""How outputs are judged, one figure for each example: the losses and metrics that the models share."""

import jax.numpy as jnp
import optax


def squared_error(outputs, batch):
    """Return the squared error of each example. outputs, y: f32[B] -> f32[B]."""
    return optax.squared_error(outputs, batch["y"])


def absolute_error(outputs, batch):
    """Return the distance from the target, in its unit. outputs, y: f32[B] -> f32[B]."""
    return jnp.abs(outputs - batch["y"])


def cross_entropy(outputs, batch):
    """Return the cross-entropy of each example. outputs: f32[B, C], y: i32[B] -> f32[B]."""
    return optax.softmax_cross_entropy_with_integer_labels(outputs, batch["y"])


def accuracy(outputs, batch):
    """Return 1 where the largest logit is the label's, else 0. outputs: f32[B, C], y: i32[B] -> f32[B]."""
    return (outputs.argmax(axis=-1) == batch["y"]).astype(jnp.float32)


def next_letter_entropy(outputs, batch):
    """Return the mean cross-entropy over the letters of a piece, each to be told from those before it.

    outputs: f32[B, T - 1, 256], tokens: i32[B, T] -> f32[B].
    """
    each = optax.softmax_cross_entropy_with_integer_labels(outputs, batch["tokens"][:, 1:])
    return each.mean(axis=-1)


def next_letter_accuracy(outputs, batch):
    """Return the share of the letters of a piece that were told rightly. -> f32[B]."""
    right = outputs.argmax(axis=-1) == batch["tokens"][:, 1:]
    return right.astype(jnp.float32).mean(axis=-1)
