"""Tumours of the breast: malignant (0) or benign (1) by measurements under the microscope."""

from functools import partial

import jax
import numpy as np

from explorer.catalog.availability import missing
from explorer.catalog.contract import Dataset, Option
from explorer.catalog.datasets.splitting import split, standardised


def load(held_out, seed):
    """Shuffle, hold some out, standardise the inputs. x: f32[N, 30], y: i32[N] in 0..1."""
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    batch = {"x": x.astype(np.float32), "y": y.astype(np.int32)}
    return standardised(*split(batch, held_out, seed), names=["x"])


def build(held_out=114, seed=0):
    """Return the data set with `held_out` of the 569 examples held out."""
    return Dataset(
        name="breast-cancer",
        title="Breast cancer",
        summary="569 tumours, malignant or benign, 30 measurements each (W. Wolberg et al., 1995; scikit-learn).",
        group="Measured",
        load=partial(load, held_out=held_out, seed=seed),
        inputs=("x",),
        classes=2,
        labels=("malignant", "benign"),
        example={"x": jax.ShapeDtypeStruct((30,), np.float32), "y": jax.ShapeDtypeStruct((), np.int32)},
        missing=missing("sklearn", "scikit-learn"),
        options={
            "held_out": Option(114, low=10, high=559, help="Examples held out of the training, of 569."),
            "seed": Option(0, low=0, high=2**32 - 1, help="Seed of the shuffle that decides which are held out."),
        },
    )
