"""Two half circles that reach into each other: no straight line tells them apart."""

from functools import partial

import numpy as np

from explorer.catalog.contract import Dataset, Option
from explorer.catalog.datasets.splitting import held_out_fifth


def load(examples, noise, seed):
    """Draw points on two half circles, the second turned over and moved. x: f32[N, 2], y: i32[N] in 0..1."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, size=examples)
    angle = rng.uniform(0, np.pi, size=examples)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    x = np.where(y[:, None] == 0, upper, lower) + noise * rng.normal(size=(examples, 2))
    x, y = x.astype(np.float32), y.astype(np.int32)
    return held_out_fifth(x, y)


def build(examples=1000, noise=0.1, seed=0):
    """Return the data set; a fifth of the examples is held out."""
    return Dataset(
        name="moons",
        title="Two moons",
        summary="Synthetic: two half circles that reach into each other, with noise.",
        group="Two inputs",
        load=partial(load, examples=examples, noise=noise, seed=seed),
        inputs=("x",),
        classes=2,
        options={
            "examples": Option(1000, low=10, high=1_000_000, help="Examples in all; a fifth is held out."),
            "noise": Option(0.1, low=0.0, high=10.0, help="Standard deviation of the noise added to both inputs."),
            "seed": Option(0, low=0, high=2**32 - 1, help="Seed of the random numbers the data are drawn from."),
        },
    )
