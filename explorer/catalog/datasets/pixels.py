"""One picture, pixel by pixel: where a pixel is goes in, how bright it is comes out."""

from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from explorer.catalog.contract import Dataset, Option


def digits(side):
    """Return four of the MNIST digits as one picture, f32[side, side] in 0..1."""
    path = Path("mnist5k.npz")  # beside this script, or in the installed package
    if not path.exists():
        path = Path(find_spec("explorer").origin).parent / "catalog" / "datasets" / "mnist5k.npz"
    with np.load(path) as file:
        zero, two, five, eight = (file["X"][500 * digit].reshape(28, 28) / 255 for digit in (0, 2, 5, 8))
    picture = np.block([[zero, two], [five, eight]])
    nearest = (np.arange(side) * len(picture)) // side
    return picture[np.ix_(nearest, nearest)]


def target(side):
    """Return rings that get finer outwards, f32[side, side] in 0..1: low and high frequencies in one picture."""
    at = (np.arange(side) + 0.5) / side - 0.5
    return 0.5 + 0.5 * np.cos(100 * (at[:, None] ** 2 + at[None, :] ** 2))


def load(picture, side):
    """Return every other pixel to learn from and the rest held out. x: f32[N, 2] in -1..1 (down, across), y: f32[N]."""
    shades = {"digits": digits, "rings": target}[picture](side)
    at = (2 * np.arange(side) + 1) / side - 1
    x = np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1).reshape(-1, 2).astype(np.float32)
    y = shades.reshape(-1).astype(np.float32)
    even = np.add.outer(np.arange(side), np.arange(side)).reshape(-1) % 2 == 0  # as on a chessboard
    return {"x": x[even], "y": y[even]}, {"x": x[~even], "y": y[~even]}


def build(picture="digits", side=56):
    """Return the data set: a square picture of `side` pixels."""
    return Dataset(
        name="pixels",
        title="Pixels of a picture",
        summary="The place of a pixel goes in, its brightness comes out; every other pixel is held out.",
        group="Pictures",
        load=partial(load, picture=picture, side=side),
        inputs=("x",),
        options={
            "picture": Option("digits", choices=("digits", "rings"), help="Four MNIST digits, or rings."),
            "side": Option(56, low=8, high=256, help="Pixels on each side."),
        },
    )
