"""A recurrent network (GRU) that reads a text letter by letter and tells the next one."""

from functools import partial

import jax
import jax.numpy as jnp

from explorer.catalog.contract import Model, Option
from explorer.catalog.models.judging import next_letter_accuracy, next_letter_entropy

LETTERS = 256  # a letter is a byte


def init(key, spec, width, hidden):
    """Draw Glorot-uniform weights. The three parts of the GRU's w and u are: update gate, reset gate, candidate."""
    if spec["tokens"].ndim != 2:
        raise ValueError(f"'tokens' must be [B, T]; it is {list(spec['tokens'].shape)}")
    glorot = jax.nn.initializers.glorot_uniform()
    key1, key2, key3, key4 = jax.random.split(key, 4)
    return {
        "embedding": {"w": 0.1 * jax.random.normal(key1, (LETTERS, width))},
        "gru": {
            "w": glorot(key2, (width, 3 * hidden)),
            "u": glorot(key3, (hidden, 3 * hidden)),
            "b": jnp.zeros(3 * hidden),
        },
        "output": {"w": glorot(key4, (hidden, LETTERS)), "b": jnp.zeros(LETTERS)},
    }, {}


def gru(params, h, x):
    """Return the memory after one more letter: a mix of the old and a candidate. x: f32[B, 3H], h: f32[B, H]."""
    x_update, x_reset, x_candidate = jnp.split(x, 3, axis=-1)
    h_update, h_reset, h_candidate = jnp.split(h @ params["u"], 3, axis=-1)
    update = jax.nn.sigmoid(x_update + h_update)
    reset = jax.nn.sigmoid(x_reset + h_reset)
    candidate = jnp.tanh(x_candidate + reset * h_candidate)
    return (1 - update) * h + update * candidate


def apply(params, state, batch, *, key, train):
    """Return logits of the letter after each but the last. tokens: i32[B, T] -> f32[B, T - 1, 256]."""
    letters = params["embedding"]["w"][batch["tokens"][:, :-1]]
    inputs = letters @ params["gru"]["w"] + params["gru"]["b"]  # f32[B, T - 1, 3H]: needs no memory, so all at once

    def read(h, x):
        h = gru(params["gru"], h, x)
        return h, h

    start = jnp.zeros((len(inputs), params["gru"]["u"].shape[0]), inputs.dtype)
    _, memories = jax.lax.scan(read, start, inputs.swapaxes(0, 1))
    return memories.swapaxes(0, 1) @ params["output"]["w"] + params["output"]["b"], state


def build(width=32, hidden=128):
    """Return the model: embedding, GRU, one logit per letter."""
    return Model(
        name="recurrent-network",
        title="Recurrent network (GRU)",
        summary="Reads a text letter by letter, keeps what matters in a memory, and tells the next letter.",
        group="Text",
        init=partial(init, width=width, hidden=hidden),
        apply=apply,
        loss=next_letter_entropy,
        metrics={"accuracy": next_letter_accuracy},
        options={
            "width": Option(32, low=1, high=1024, help="Numbers that stand for a letter."),
            "hidden": Option(128, low=1, high=2048, help="Numbers in the memory."),
        },
        defaults={
            "dataset": "sonnets",
            "optimizer": ("adam", {"learning_rate": 0.005}),
            "batch_size": 32,
            "steps": 300,
        },
    )
