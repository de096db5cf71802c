"""Exclusive or: the class is whether the two inputs have the same sign, which neither tells alone."""

from functools import partial

import numpy as np

from explorer.catalog.contract import Dataset, Option
from explorer.catalog.datasets.splitting import held_out_fifth


def load(examples, noise, seed):
    """Draw points in the square from -1 to 1; the noise comes after the class. x: f32[N, 2], y: i32[N] in 0..1."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, size=(examples, 2))
    y = (x[:, 0] * x[:, 1] < 0).astype(np.int32)
    x = (x + noise * rng.normal(size=(examples, 2))).astype(np.float32)
    return held_out_fifth(x, y)


def build(examples=1000, noise=0.05, seed=0):
    """Return the data set; a fifth of the examples is held out."""
    return Dataset(
        name="xor",
        title="Exclusive or (XOR)",
        summary="Synthetic: four squares, the class is whether the two inputs differ in sign; with noise.",
        group="Two inputs",
        load=partial(load, examples=examples, noise=noise, seed=seed),
        inputs=("x",),
        classes=2,
        options={
            "examples": Option(1000, low=10, high=1_000_000, help="Examples in all; a fifth is held out."),
            "noise": Option(0.05, low=0.0, high=10.0, help="Standard deviation of the noise added to both inputs."),
            "seed": Option(0, low=0, high=2**32 - 1, help="Seed of the random numbers the data are drawn from."),
        },
    )
