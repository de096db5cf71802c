"""Data of somebody's own as an entry: arrays, a table or a CSV file, checked before anything trains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from explorer.catalog.contract import Dataset, Option
from explorer.catalog.own.loading import load_arrays, load_csv, load_saved
from explorer.catalog.own.tables import check_missing, check_rows, read_csv, table_of, target_of
from explorer.errors import FieldError

TAKEN = (
    "Allowed: a dict of arrays such as {'x': x, 'y': y}, (x, y), a DataFrame or a dict of columns, or the path of a "
    "CSV file."
)


class _Given(NamedTuple):
    """What was given, read: its batch, how to load it again, and what is known of it."""

    batch: dict[str, np.ndarray]
    load: Callable[..., Any]
    in_script: Callable[..., Any] | None
    standardise: bool
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    image: tuple[int, int] | None = None


def own_data(thing: Any, name: str, title: str, target: str | None) -> Callable[..., Dataset]:
    """Return what builds the data set of these data, as an entry's file defines it.

    Args:
      thing: a dict of arrays with the keys that models read ("x", "tokens") and perhaps "y"; (x, y); a pandas DataFrame
        or a dict of columns; the path of a CSV file.
      name, title: as for a data set.
      target: the column of a table that is to be predicted; the last where it is None.

    Raises:
      FieldError: wrong shapes, missing values, text where numbers are needed, or too few rows.
    """
    given = _read(thing, name, target)
    rows = len(next(iter(given.batch.values())))
    shapes = ", ".join(f"{key} {list(values.shape)}" for key, values in given.batch.items())

    def build(held_out: int = rows // 5, standardise: bool = given.standardise, seed: int = 0) -> Dataset:
        options = {"held_out": held_out, "standardise": standardise, "seed": seed}
        known = {
            "held_out": Option(rows // 5, low=1, high=rows - 1, help=f"Rows held out of the training, of {rows:,}."),
            "standardise": Option(given.standardise, help="Give each column of x mean 0 and standard deviation 1."),
            "seed": Option(0, low=0, high=2**32 - 1, help="Seed of the shuffle that decides which are held out."),
        }
        if "x" not in given.batch or not np.issubdtype(given.batch["x"].dtype, np.floating):
            known.pop("standardise")
        return Dataset(
            name=name,
            title=title,
            summary=f"Yours: {rows:,} rows of {shapes}.",
            load=partial(given.load, **options),
            in_script=partial(given.in_script, **options) if given.in_script else None,
            inputs=tuple(key for key in given.batch if key != "y"),
            options=known,
            classes=len(given.labels),
            labels=given.labels,
            columns=given.columns,
            image=given.image,
        )

    return build


def _read(thing: Any, name: str, target: str | None) -> _Given:
    if isinstance(thing, str | Path):
        return _csv(Path(thing), target)
    if isinstance(thing, tuple | list) and len(thing) == 2:
        return _arrays({"x": thing[0], "y": thing[1]}, name)
    if isinstance(thing, Mapping) and {"x", "tokens"} & set(thing):
        return _arrays(dict(thing), name)
    if isinstance(thing, Mapping) or hasattr(thing, "columns"):
        table = table_of(
            {str(column): np.asarray(thing[column]) for column in getattr(thing, "columns", thing)}, target
        )
        return _kept(table.batch, name, True)._replace(labels=table.labels, columns=table.columns)
    if hasattr(thing, "__array__"):
        return _arrays({"x": thing}, name)
    raise FieldError("dataset", f"a {type(thing).__name__} cannot be learned from.", TAKEN)


def _csv(path: Path, target: str | None) -> _Given:
    columns = read_csv(path)
    table = table_of(columns, target)
    header = list(columns) != [str(i) for i in range(len(columns))]
    load = partial(
        load_csv, path=str(path), columns=table.columns, target=table.target, labels=table.labels, header=header
    )
    return _Given(table.batch, load, None, True, table.labels, table.columns)


def _kept(batch: dict[str, np.ndarray], name: str, standardise: bool) -> _Given:
    """Return data that only this kernel has: a script reads them from a file, which the person writes."""
    return _Given(batch, partial(load_arrays, arrays=batch), partial(load_saved, path=f"{name}.npz"), standardise)


def _arrays(arrays: dict[str, Any], name: str) -> _Given:
    batch: dict[str, np.ndarray] = {}
    labels: tuple[str, ...] = ()
    for key, values in arrays.items():
        plain = np.asarray(values)
        if not plain.ndim:
            raise FieldError("dataset", f"'{key}' is a single number.", "Its first axis must count the examples.")
        if key != "y" and plain.dtype.kind not in "biuf":
            raise FieldError("dataset", f"'{key}' holds {plain.dtype}, which are no numbers.", "")
        check_missing(key, plain)
        batch[key] = plain
    check_rows({key: len(values) for key, values in batch.items()})
    for key, values in batch.items():
        if key == "y" and (values.ndim == 1 or values.shape[1:] == (1,)):
            batch["y"], labels = target_of("y", values.reshape(-1))
        elif key == "x" or values.dtype.kind == "f":
            batch[key] = (values[:, None] if values.ndim == 1 else values).astype(np.float32)
        else:
            batch[key] = values.astype(np.int32)
    pictures = batch["x"].shape[1:] if "x" in batch and batch["x"].ndim == 3 else None
    return _kept(batch, name, False)._replace(labels=labels, image=pictures)
