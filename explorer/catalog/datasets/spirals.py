"""Arms of a spiral wound into each other: the hardest of the drawn data sets with two inputs."""

from functools import partial

import numpy as np

from explorer.catalog.contract import Dataset, Option
from explorer.catalog.datasets.splitting import held_out_fifth


def load(examples, noise, turns, arms, seed):
    """Draw points along the arms, from the middle outwards. x: f32[N, 2], y: i32[N], the number of the arm."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, arms, size=examples)
    radius = np.sqrt(rng.uniform(size=examples))  # the square root: as many points a length outside as inside
    angle = 2 * np.pi * (turns * radius + y / arms)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x = (x + noise * rng.normal(size=(examples, 2))).astype(np.float32)
    y = y.astype(np.int32)
    return held_out_fifth(x, y)


def build(examples=1000, noise=0.02, turns=1.5, arms=2, seed=0):
    """Return the data set; a fifth of the examples is held out."""
    return Dataset(
        name="spirals",
        title="Spirals",
        summary="Synthetic: the arms of a spiral, one class each, with noise.",
        group="Two inputs",
        load=partial(load, examples=examples, noise=noise, turns=turns, arms=arms, seed=seed),
        inputs=("x",),
        classes=arms,
        options={
            "examples": Option(1000, low=10, high=1_000_000, help="Examples in all; a fifth is held out."),
            "noise": Option(0.02, low=0.0, high=10.0, help="Standard deviation of the noise added to both inputs."),
            "turns": Option(1.5, low=0.1, high=5.0, help="Turns that each arm makes."),
            "arms": Option(2, low=2, high=10, help="Arms, one class each."),
            "seed": Option(0, low=0, high=2**32 - 1, help="Seed of the random numbers the data are drawn from."),
        },
    )
