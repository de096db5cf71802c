"""A small transformer that reads a text letter by letter and tells the next one."""

from functools import partial

import jax
import jax.numpy as jnp

from explorer.catalog.contract import Model, Option
from explorer.catalog.models.judging import next_letter_accuracy, next_letter_entropy

LETTERS = 256  # a letter is a byte


def init(key, spec, layers, width, heads):
    """Draw normal weights. w: embedding f32[256, D], position f32[T, D], of each block qkv, mix, up and down."""
    if width % heads:
        raise ValueError(f"width must be a multiple of heads; {width} is not one of {heads}")
    _, length = spec["tokens"].shape
    draw = jax.nn.initializers.normal(0.02)
    embedding_key, position_key, output_key, *block_keys = jax.random.split(key, 3 + layers)
    sizes = {
        "qkv": (width, 3 * width),
        "mix": (width, width),
        "up": (width, 4 * width),
        "down": (4 * width, width),
    }
    blocks = [
        {
            name: {"w": draw(layer_key, size), "b": jnp.zeros(size[1])}
            for layer_key, (name, size) in zip(jax.random.split(block_key, 4), sizes.items(), strict=True)
        }
        for block_key in block_keys
    ]
    return {
        "embedding": {"w": draw(embedding_key, (LETTERS, width))},
        "position": {"w": draw(position_key, (length, width))},
        "blocks": blocks,
        "output": {"w": draw(output_key, (width, LETTERS)), "b": jnp.zeros(LETTERS)},
    }, {}


def dense(x, layer):
    """Return x w + b over the last axis."""
    return x @ layer["w"] + layer["b"]


def normalise(x):
    """Give the numbers of each letter mean 0 and variance 1 (layer norm). x: f32[B, T, D]."""
    return (x - x.mean(axis=-1, keepdims=True)) * jax.lax.rsqrt(x.var(axis=-1, keepdims=True) + 1e-5)


def attend(x, block, heads):
    """Let each letter look at itself and those before it. x: f32[B, T, D] -> f32[B, T, D]."""
    batch, length, width = x.shape
    query, key, value = (
        part.reshape(batch, length, heads, width // heads) for part in jnp.split(dense(x, block["qkv"]), 3, axis=-1)
    )
    seen = jax.nn.dot_product_attention(query, key, value, is_causal=True)
    return dense(seen.reshape(batch, length, width), block["mix"])


def apply(params, state, batch, *, key, train, heads):
    """Return logits of the letter after each but the last. tokens: i32[B, T] -> f32[B, T - 1, 256]."""
    tokens = batch["tokens"][:, :-1]
    h = params["embedding"]["w"][tokens] + params["position"]["w"][: tokens.shape[1]]
    for block in params["blocks"]:
        h = h + attend(normalise(h), block, heads)
        h = h + dense(jax.nn.gelu(dense(normalise(h), block["up"])), block["down"])
    return dense(normalise(h), params["output"]), state


def build(layers=2, width=64, heads=4):
    """Return the model: embedding, blocks of attention and a dense network, one logit per letter."""
    return Model(
        name="transformer",
        title="Transformer",
        summary="Each letter of a text looks at those before it, and the network tells the next one.",
        group="Text",
        init=partial(init, layers=layers, width=width, heads=heads),
        apply=partial(apply, heads=heads),
        loss=next_letter_entropy,
        metrics={"accuracy": next_letter_accuracy},
        options={
            "layers": Option(2, low=1, high=24, help="Blocks, one after the other."),
            "width": Option(64, low=1, high=2048, help="Numbers that stand for a letter; a multiple of heads."),
            "heads": Option(4, low=1, high=64, help="Ways of looking back in each block."),
        },
        defaults={
            "dataset": "sonnets",
            "optimizer": ("adam", {"learning_rate": 0.003}),
            "batch_size": 32,
            "steps": 300,
        },
    )
