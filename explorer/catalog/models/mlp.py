"""A network of any depth and width: dense layers with an activation between them (multilayer perceptron)."""

from functools import partial

import jax
import jax.numpy as jnp

from explorer.catalog.contract import Model, Option
from explorer.catalog.models.judging import absolute_error, accuracy, cross_entropy, squared_error

ACTIVATIONS = ("relu", "tanh", "sigmoid", "gelu", "silu", "softplus", "identity")
INITIALISERS = ("he_normal", "glorot_uniform", "lecun_normal", "orthogonal", "normal")


def init(key, spec, depth, width, initialiser, classes):
    """Draw the weights, start the biases at zero. Layer i: w f32[D_i, D_i+1], b f32[D_i+1]."""
    (features,) = spec["x"].shape[1:]
    sizes = [features, *[width] * depth, max(classes, 1)]
    draw = getattr(jax.nn.initializers, initialiser)()
    layers = [
        {"w": draw(layer_key, (inputs, outputs)), "b": jnp.zeros(outputs)}
        for layer_key, inputs, outputs in zip(jax.random.split(key, depth + 1), sizes[:-1], sizes[1:], strict=True)
    ]
    return {"hidden": layers[:-1], "output": layers[-1]}, {}


def apply(params, state, batch, *, key, train, activation, dropout):
    """Return one logit per class, or one number. x: f32[B, D] -> f32[B, C] or, without classes, f32[B]."""
    h = batch["x"]
    for number, layer in enumerate(params["hidden"]):
        h = getattr(jax.nn, activation)(h @ layer["w"] + layer["b"])
        if train and dropout > 0:  # a share of the units is silent; the others speak up for them
            kept = jax.random.bernoulli(jax.random.fold_in(key, number), 1 - dropout, h.shape)
            h = jnp.where(kept, h / (1 - dropout), 0.0)
    outputs = h @ params["output"]["w"] + params["output"]["b"]
    return (outputs[:, 0] if outputs.shape[1] == 1 else outputs), state


def build(depth=2, width=16, activation="tanh", initialiser="glorot_uniform", dropout=0.0, classes=2):
    """Return the model: `depth` hidden layers of `width` units each."""
    return Model(
        name="mlp",
        title="Multilayer perceptron",
        summary="Dense layers, as many and as wide as you like; names a class or predicts a number.",
        group="Networks",
        init=partial(init, depth=depth, width=width, initialiser=initialiser, classes=classes),
        apply=partial(apply, activation=activation, dropout=dropout),
        loss=cross_entropy if classes else squared_error,
        metrics={"accuracy": accuracy} if classes else {"absolute error": absolute_error},
        options={
            "depth": Option(2, low=0, high=16, help="Hidden layers; without any it is linear."),
            "width": Option(16, low=1, high=4096, help="Units in each hidden layer."),
            "activation": Option("tanh", choices=ACTIVATIONS, help="What each hidden unit does with its sum."),
            "initialiser": Option(
                "glorot_uniform", choices=INITIALISERS, help="How the first weights are drawn; normal: 0.01 wide."
            ),
            "dropout": Option(0.0, low=0.0, high=0.95, help="Share of the hidden units silenced at each step."),
            "classes": Option(2, low=0, high=1000, help="Classes to tell apart; 0 to predict a number."),
        },
        defaults={
            "dataset": "moons",
            "optimizer": ("adam", {"learning_rate": 0.01}),
            "batch_size": 32,
            "steps": 1000,
        },
    )
