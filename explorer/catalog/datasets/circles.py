"""A circle inside another: the distance from the middle tells them apart, no straight line does."""

from functools import partial

import numpy as np

from explorer.catalog.contract import Dataset, Option
from explorer.catalog.datasets.splitting import held_out_fifth


def load(examples, noise, inner, seed):
    """Draw points on a circle of radius 1 and on one of radius `inner`. x: f32[N, 2], y: i32[N] in 0..1."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, size=examples)
    angle = rng.uniform(0, 2 * np.pi, size=examples)
    radius = np.where(y == 0, 1.0, inner)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x = (x + noise * rng.normal(size=(examples, 2))).astype(np.float32)
    y = y.astype(np.int32)
    return held_out_fifth(x, y)


def build(examples=1000, noise=0.05, inner=0.5, seed=0):
    """Return the data set; a fifth of the examples is held out."""
    return Dataset(
        name="circles",
        title="Two circles",
        summary="Synthetic: a circle inside another, with noise.",
        group="Two inputs",
        load=partial(load, examples=examples, noise=noise, inner=inner, seed=seed),
        inputs=("x",),
        classes=2,
        options={
            "examples": Option(1000, low=10, high=1_000_000, help="Examples in all; a fifth is held out."),
            "noise": Option(0.05, low=0.0, high=10.0, help="Standard deviation of the noise added to both inputs."),
            "inner": Option(0.5, low=0.0, high=0.99, help="Radius of the inner circle; the outer has 1."),
            "seed": Option(0, low=0, high=2**32 - 1, help="Seed of the random numbers the data are drawn from."),
        },
    )
