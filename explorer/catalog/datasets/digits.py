"""1,797 handwritten digits of 8 by 8 pixels: smaller and quicker than MNIST."""

from functools import partial

import jax
import numpy as np

from explorer.catalog.availability import missing
from explorer.catalog.contract import Dataset, Option
from explorer.catalog.datasets.splitting import split


def load(held_out, seed):
    """Shuffle and hold some out. x: f32[N, 64] in 0..1, y: i32[N] in 0..9."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return split({"x": (x / 16).astype(np.float32), "y": y.astype(np.int32)}, held_out, seed)


def build(held_out=359, seed=0):
    """Return the data set with `held_out` of the 1,797 digits held out."""
    return Dataset(
        name="digits",
        title="Small digits",
        summary="1,797 handwritten digits of 8 by 8 pixels (E. Alpaydin, C. Kaynak, 1998; scikit-learn).",
        group="Pictures",
        load=partial(load, held_out=held_out, seed=seed),
        inputs=("x",),
        classes=10,
        image=(8, 8),
        example={"x": jax.ShapeDtypeStruct((64,), np.float32), "y": jax.ShapeDtypeStruct((), np.int32)},
        missing=missing("sklearn", "scikit-learn"),
        options={
            "held_out": Option(359, low=10, high=1787, help="Digits held out of the training, of 1,797."),
            "seed": Option(0, low=0, high=2**32 - 1, help="Seed of the shuffle that decides which are held out."),
        },
    )
