"""A large program: a transformer language model with its gradient, its layers unrolled so that XLA is given each."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

WIDTH, HEADS, LENGTH, BATCH, WORDS = 256, 4, 128, 4, 1000


def normalised(x: jax.Array, gain: jax.Array) -> jax.Array:
    """Return x with mean 0 and variance 1 over its last axis, times `gain`."""
    centred = x - x.mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt(x.var(-1, keepdims=True) + 1e-5) * gain


def split_heads(x: jax.Array) -> jax.Array:
    """Return f32[B, T, D] as f32[B, H, T, D / H]."""
    return x.reshape(BATCH, LENGTH, HEADS, WIDTH // HEADS).transpose(0, 2, 1, 3)


def attention(p: dict[str, jax.Array], x: jax.Array) -> jax.Array:
    """Return what each place takes from those before it, f32[B, T, D]."""
    query, key, value = map(split_heads, jnp.split(normalised(x, p["gain1"]) @ p["qkv"], 3, -1))
    scores = query @ key.swapaxes(-1, -2) / (WIDTH // HEADS) ** 0.5
    scores = jnp.where(jnp.tril(jnp.ones((LENGTH, LENGTH), bool)), scores, -1e9)
    mixed = jax.nn.softmax(scores) @ value
    return mixed.transpose(0, 2, 1, 3).reshape(BATCH, LENGTH, WIDTH) @ p["out"]


def layer(p: dict[str, jax.Array], x: jax.Array) -> jax.Array:
    """Return one layer's output, f32[B, T, D]."""
    x = x + attention(p, x)
    return x + jax.nn.gelu(normalised(x, p["gain2"]) @ p["up"]) @ p["down"]


def loss(params: Any, tokens: jax.Array) -> jax.Array:
    """Return the mean cross-entropy of each next token; tokens i32[B, T]."""
    x = params["embedding"][tokens]
    for p in params["layers"]:
        x = layer(p, x)
    scores = jax.nn.log_softmax(x @ params["embedding"].T)
    return -jnp.take_along_axis(scores[:, :-1], tokens[:, 1:, None], -1).mean()


value_and_grad = jax.value_and_grad(loss)


def arguments(layers: int) -> tuple[Any, jax.ShapeDtypeStruct]:
    """Return the shapes of the params and the tokens; nothing is allocated."""

    def spec(*shape: int) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct(shape, jnp.float32)

    one = {
        "gain1": spec(WIDTH),
        "gain2": spec(WIDTH),
        "qkv": spec(WIDTH, 3 * WIDTH),
        "out": spec(WIDTH, WIDTH),
        "up": spec(WIDTH, 4 * WIDTH),
        "down": spec(4 * WIDTH, WIDTH),
    }
    params = {"embedding": spec(WORDS, WIDTH), "layers": [one] * layers}
    return params, jax.ShapeDtypeStruct((BATCH, LENGTH), jnp.int32)
