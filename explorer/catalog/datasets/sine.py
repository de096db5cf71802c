"""A sine wave with noise, for what a straight line cannot follow."""

from functools import partial

import numpy as np

from explorer.catalog.contract import Dataset, Option
from explorer.catalog.datasets.splitting import held_out_fifth


def load(examples, noise, periods, seed):
    """Draw x evenly from -1 to 1 and set y = sin(pi periods x) + noise. x: f32[N, 1], y: f32[N]."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, size=(examples, 1)).astype(np.float32)
    y = (np.sin(np.pi * periods * x[:, 0]) + noise * rng.normal(size=examples)).astype(np.float32)
    return held_out_fifth(x, y)


def build(examples=1000, noise=0.1, periods=1.0, seed=0):
    """Return the data set; a fifth of the examples is held out."""
    return Dataset(
        name="sine",
        title="Noisy sine",
        summary="Synthetic: y = sin(π periods x) for x from -1 to 1, with noise.",
        group="One input",
        load=partial(load, examples=examples, noise=noise, periods=periods, seed=seed),
        inputs=("x",),
        options={
            "examples": Option(1000, low=10, high=1_000_000, help="Examples in all; a fifth is held out."),
            "noise": Option(0.1, low=0.0, high=10.0, help="Standard deviation of the noise added to y."),
            "periods": Option(1.0, low=0.1, high=20.0, help="Periods of the wave from -1 to 1."),
            "seed": Option(0, low=0, high=2**32 - 1, help="Seed of the random numbers the data are drawn from."),
        },
    )
