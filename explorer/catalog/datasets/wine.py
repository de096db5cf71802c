"""Wines of three growers: whose it is by its chemistry."""

from functools import partial

import jax
import numpy as np

from explorer.catalog.availability import missing
from explorer.catalog.contract import Dataset, Option
from explorer.catalog.datasets.splitting import split, standardised


def load(held_out, seed):
    """Shuffle, hold some out, standardise the inputs. x: f32[N, 13], y: i32[N] in 0..2."""
    from sklearn.datasets import load_wine

    x, y = load_wine(return_X_y=True)
    batch = {"x": x.astype(np.float32), "y": y.astype(np.int32)}
    return standardised(*split(batch, held_out, seed), names=["x"])


def build(held_out=36, seed=0):
    """Return the data set with `held_out` of the 178 examples held out."""
    return Dataset(
        name="wine",
        title="Wines",
        summary="178 wines of three growers, 13 chemical measurements each (M. Forina et al., 1991; scikit-learn).",
        group="Measured",
        load=partial(load, held_out=held_out, seed=seed),
        inputs=("x",),
        classes=3,
        example={"x": jax.ShapeDtypeStruct((13,), np.float32), "y": jax.ShapeDtypeStruct((), np.int32)},
        missing=missing("sklearn", "scikit-learn"),
        options={
            "held_out": Option(36, low=10, high=168, help="Examples held out of the training, of 178."),
            "seed": Option(0, low=0, high=2**32 - 1, help="Seed of the shuffle that decides which are held out."),
        },
    )
