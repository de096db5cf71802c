"""5,000 real handwritten digits of MNIST, 500 of each class, shipped in the package."""

from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from explorer.catalog.contract import Dataset, Option


def load(held_out, seed):
    """Shuffle the digits (the file is sorted by class) and hold some out. x: f32[N, 784] in 0..1, y: i32[N]."""
    path = Path("mnist5k.npz")  # 5,000 real digits: beside this script, or in the installed package
    if not path.exists():
        path = Path(find_spec("explorer").origin).parent / "catalog" / "datasets" / "mnist5k.npz"
    with np.load(path) as file:
        x, y = file["X"].astype(np.float32) / 255, file["y"].astype(np.int32)
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = x[order], y[order]
    train = {"x": x[held_out:], "y": y[held_out:]}
    return train, {"x": x[:held_out], "y": y[:held_out]}


def build(held_out=1000, seed=0):
    """Return the data set with `held_out` of the 5,000 digits held out."""
    return Dataset(
        name="mnist",
        title="MNIST digits",
        summary="5,000 of the MNIST handwritten digits (Y. LeCun, C. Cortes, C. Burges; CC BY-SA 3.0).",
        group="From the article",
        load=partial(load, held_out=held_out, seed=seed),
        inputs=("x",),
        options={
            "held_out": Option(1000, low=10, high=4990, help="Digits held out of the training, of 5,000."),
            "seed": Option(0, low=0, high=2**32 - 1, help="Seed of the shuffle that decides which are held out."),
        },
        classes=10,
        image=(28, 28),
    )
