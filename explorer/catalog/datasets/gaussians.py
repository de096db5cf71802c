"""Round clouds of points, one for each class, which straight lines tell apart as well as anything can."""

from functools import partial

import numpy as np

from explorer.catalog.contract import Dataset, Option
from explorer.catalog.datasets.splitting import held_out_fifth


def load(examples, noise, clouds, seed):
    """Draw each class around its own place on a circle of radius 1. x: f32[N, 2], y: i32[N], which cloud."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, clouds, size=examples)
    angle = 2 * np.pi * y / clouds
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1) + noise * rng.normal(size=(examples, 2))
    x, y = x.astype(np.float32), y.astype(np.int32)
    return held_out_fifth(x, y)


def build(examples=1000, noise=0.4, clouds=3, seed=0):
    """Return the data set; a fifth of the examples is held out."""
    return Dataset(
        name="gaussians",
        title="Gaussian clouds",
        summary="Synthetic: a cloud of normally distributed points for each class.",
        group="Two inputs",
        load=partial(load, examples=examples, noise=noise, clouds=clouds, seed=seed),
        inputs=("x",),
        classes=clouds,
        options={
            "examples": Option(1000, low=10, high=1_000_000, help="Examples in all; a fifth is held out."),
            "noise": Option(0.4, low=0.0, high=10.0, help="Standard deviation of each cloud."),
            "clouds": Option(3, low=2, high=10, help="Clouds, one class each."),
            "seed": Option(0, low=0, high=2**32 - 1, help="Seed of the random numbers the data are drawn from."),
        },
    )
