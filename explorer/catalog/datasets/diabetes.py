"""Patients with diabetes: how far the disease went within a year, by ten figures of the start."""

from functools import partial

import jax
import numpy as np

from explorer.catalog.availability import missing
from explorer.catalog.contract import Dataset, Option
from explorer.catalog.datasets.splitting import split, standardised


def load(held_out, seed):
    """Shuffle, hold some out, standardise inputs and target. x: f32[N, 10], y: f32[N]."""
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True)
    batch = {"x": x.astype(np.float32), "y": y.astype(np.float32)}
    return standardised(*split(batch, held_out, seed), names=["x", "y"])


def build(held_out=88, seed=0):
    """Return the data set with `held_out` of the 442 examples held out."""
    return Dataset(
        name="diabetes",
        title="Diabetes",
        summary="442 patients, ten figures each, and their disease a year later (B. Efron et al., 2004; scikit-learn).",
        group="Measured",
        load=partial(load, held_out=held_out, seed=seed),
        inputs=("x",),
        columns=("age", "sex", "bmi", "blood pressure", "s1", "s2", "s3", "s4", "s5", "s6"),
        example={"x": jax.ShapeDtypeStruct((10,), np.float32), "y": jax.ShapeDtypeStruct((), np.float32)},
        missing=missing("sklearn", "scikit-learn"),
        options={
            "held_out": Option(88, low=10, high=432, help="Patients held out of the training, of 442."),
            "seed": Option(0, low=0, high=2**32 - 1, help="Seed of the shuffle that decides which are held out."),
        },
    )
