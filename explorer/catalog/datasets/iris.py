"""Fisher's iris flowers: the species by four lengths."""

from functools import partial

import jax
import numpy as np

from explorer.catalog.availability import missing
from explorer.catalog.contract import Dataset, Option
from explorer.catalog.datasets.splitting import split, standardised


def load(held_out, seed):
    """Shuffle, hold some out, standardise the inputs. x: f32[N, 4], y: i32[N] in 0..2."""
    from sklearn.datasets import load_iris

    x, y = load_iris(return_X_y=True)
    batch = {"x": x.astype(np.float32), "y": y.astype(np.int32)}
    return standardised(*split(batch, held_out, seed), names=["x"])


def build(held_out=30, seed=0):
    """Return the data set with `held_out` of the 150 examples held out."""
    return Dataset(
        name="iris",
        title="Iris flowers",
        summary="150 flowers of three species, four lengths each (R. A. Fisher, 1936; scikit-learn).",
        group="Measured",
        load=partial(load, held_out=held_out, seed=seed),
        inputs=("x",),
        classes=3,
        labels=("setosa", "versicolor", "virginica"),
        columns=("sepal length", "sepal width", "petal length", "petal width"),
        example={"x": jax.ShapeDtypeStruct((4,), np.float32), "y": jax.ShapeDtypeStruct((), np.int32)},
        missing=missing("sklearn", "scikit-learn"),
        options={
            "held_out": Option(30, low=10, high=140, help="Examples held out of the training, of 150."),
            "seed": Option(0, low=0, high=2**32 - 1, help="Seed of the shuffle that decides which are held out."),
        },
    )
