"""Eighteen sonnets of Shakespeare (1609), letter by letter: the text is in the public domain and in the package."""

from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from explorer.catalog.contract import Dataset, Option


def load(length):
    """Cut the text into pieces, a number from 0 to 255 for each letter. tokens: i32[N, length].

    A piece to learn from starts at every letter of the first four fifths of the text; those held out, from the last
    fifth, do not overlap.
    """
    path = Path("sonnets.txt")  # beside this script, or in the installed package
    if not path.exists():
        path = Path(find_spec("explorer").origin).parent / "catalog" / "datasets" / "sonnets.txt"
    letters = np.frombuffer(path.read_bytes(), np.uint8).astype(np.int32)
    end = len(letters) * 4 // 5
    pieces = np.lib.stride_tricks.sliding_window_view
    train, held_out = pieces(letters[:end], length), pieces(letters[end:], length)[::length]
    return {"tokens": np.ascontiguousarray(train)}, {"tokens": np.ascontiguousarray(held_out)}


def decode(tokens):
    """Return the text of one piece. tokens: i32[length] -> str."""
    return bytes(np.asarray(tokens, np.uint8)).decode("ascii", "replace")


def build(length=64):
    """Return the data set in pieces of `length` letters."""
    return Dataset(
        name="sonnets",
        title="Shakespeare's sonnets",
        summary="The first 18 of Shakespeare's sonnets (1609, public domain), letter by letter.",
        group="Text",
        load=partial(load, length=length),
        inputs=("tokens",),
        decode=decode,
        options={"length": Option(64, low=2, high=512, help="Letters in each piece.")},
    )
