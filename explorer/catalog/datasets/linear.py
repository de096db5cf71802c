"""Points on a known line, so that what is learned can be held against the truth."""

from functools import partial

import numpy as np

from explorer.catalog.contract import Dataset, Option
from explorer.catalog.datasets.splitting import held_out_fifth


def load(examples, noise, seed):
    """Draw x from a standard normal and set y = 3 x + 2 + noise. x: f32[N, 1], y: f32[N]."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(examples, 1)).astype(np.float32)
    y = (x @ [3.0] + 2.0 + noise * rng.normal(size=examples)).astype(np.float32)
    return held_out_fifth(x, y)


def build(examples=1000, noise=0.0, seed=0):
    """Return the data set; a fifth of the examples is held out."""
    return Dataset(
        name="linear",
        title="Points on a line",
        summary="Synthetic: y = 3 x + 2, with as much noise as you ask for.",
        group="From the article",
        load=partial(load, examples=examples, noise=noise, seed=seed),
        inputs=("x",),
        truth={"w": [3.0], "b": [2.0]},
        options={
            "examples": Option(1000, low=10, high=1_000_000, help="Examples in all; a fifth is held out."),
            "noise": Option(0.0, low=0.0, high=10.0, help="Standard deviation of the noise added to y."),
            "seed": Option(0, low=0, high=2**32 - 1, help="Seed of the random numbers the data are drawn from."),
        },
    )
