"""A table of somebody's own, as a batch: columns checked and said what is wrong with them, labels numbered."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from explorer.catalog.own.loading import spelled
from explorer.catalog.registry import did_you_mean
from explorer.errors import FieldError

FEWEST = 10  # rows: a fifth of them is held out
MOST_LABELS = 20  # different whole numbers in a target that stand for classes; more are numbers


class Table(NamedTuple):
    """What a table holds: x f32[N, D] and y f32[N], or i32[N] with the labels' names."""

    batch: dict[str, np.ndarray]
    columns: tuple[str, ...]
    target: str
    labels: tuple[str, ...]


def read_csv(path: Path) -> dict[str, list[str]]:
    """Return the columns of a CSV file, as text; the names are in the first row, or are counted from 0.

    Raises:
      FieldError: there is no such file, it is no text, or its rows differ in length.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FieldError("dataset", f"'{path}' cannot be read: {error}.", "") from error
    if not rows:
        raise FieldError("dataset", f"'{path.name}' is empty.", "")
    names = [str(i) for i in range(len(rows[0]))]
    if not any(map(_is_number, rows[0])):
        names, rows = [cell.strip() for cell in rows[0]], rows[1:]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            problem = f"row {number:,} of '{path.name}' has {len(row)} cells where there are {len(names)} columns."
            raise FieldError("dataset", problem, "")
    return {name: [row[index].strip() for row in rows] for index, name in enumerate(names)}


def table_of(columns: Mapping[str, Any], target: str | None) -> Table:
    """Return a table as a batch.

    Args:
      columns: by name, all of one length.
      target: the column to be predicted; the last where it is None.

    Raises:
      FieldError: a column is missing, holds text or missing values, or there are too few rows.
    """
    names = list(columns)
    if len(names) < 2:
        raise FieldError("dataset", f"has {len(names)} column.", "At least 2 are needed: an input and a target.")
    target = names[-1] if target is None else target
    if target not in columns:
        raise FieldError("target", f"there is no column '{target}'.", did_you_mean(target, names))
    lengths = {name: len(values) for name, values in columns.items()}
    check_rows(lengths)
    inputs = tuple(name for name in names if name != target)
    x = np.stack([_numbers(name, columns[name]) for name in inputs], axis=1).astype(np.float32)
    y, labels = target_of(target, columns[target])
    return Table({"x": x, "y": y}, inputs, target, labels)


def check_rows(lengths: Mapping[str, int]) -> None:
    """Raise where columns differ in length, or have too few rows."""
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"'{name}' has {length:,}" for name, length in lengths.items())
        raise FieldError("dataset", f"the columns differ in length: {said} rows.", "One row is one example.")
    rows = next(iter(lengths.values()), 0)
    if rows < FEWEST:
        problem = f"has {rows} row{'' if rows == 1 else 's'}."
        raise FieldError("dataset", problem, f"At least {FEWEST} are needed: a fifth is held out.")


def target_of(name: str, values: Any) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return a target as f32[N], or as labels i32[N] from 0 on and what they are called.

    Text, true or false, and a few different whole numbers are labels.
    """
    plain = np.asarray(values)
    check_missing(name, plain)
    if plain.dtype.kind in "OUS" and all(map(_is_number, plain.tolist())):
        plain = plain.astype(np.float64)
    whole = plain.dtype.kind in "iu" or (plain.dtype.kind == "f" and np.array_equal(plain, np.round(plain)))
    found = np.unique(plain.astype(str) if plain.dtype.kind == "O" else plain)
    few = len(found) <= MOST_LABELS or np.array_equal(found, np.arange(len(found)))
    if plain.dtype.kind in "OUSb" or (whole and few and 2 * len(found) <= len(plain)):
        if len(found) < 2:
            raise FieldError("dataset", f"every row has the same '{name}'.", "At least two different ones are needed.")
        texts = tuple(spelled(v) if whole else str(v) for v in found.tolist())
        return np.searchsorted(found, plain.astype(found.dtype)).astype(np.int32), texts
    return plain.astype(np.float32), ()


def check_missing(name: str, values: np.ndarray) -> None:
    """Raise where values are missing: None, NaN, infinite, or empty text."""
    if values.dtype.kind == "f":
        bad = ~np.isfinite(values)
    elif values.dtype.kind in "OUS":
        bad = np.array([v is None or v != v or (isinstance(v, str) and not v.strip()) for v in values.tolist()])
    else:
        return
    rows = np.flatnonzero(bad.reshape(len(bad), math.prod(bad.shape[1:])).any(axis=1))
    if len(rows):
        many = f"{len(rows):,} rows have" if len(rows) > 1 else "a row has"
        problem = f"in '{name}' {many} a missing or infinite value, the first is row {rows[0] + 1:,}."
        raise FieldError("dataset", problem, "Fill these or leave their rows out.")


def _numbers(name: str, values: Any) -> np.ndarray:
    plain = np.asarray(values)
    check_missing(name, plain)
    if plain.dtype.kind in "OUS":
        for row, value in enumerate(plain.tolist(), start=1):
            if not _is_number(value):
                problem = f"column '{name}' holds '{value}' in row {row:,}, which is no number."
                raise FieldError("dataset", problem, "Turn it into numbers, or leave the column out.")
    elif plain.dtype.kind not in "biuf":
        raise FieldError("dataset", f"column '{name}' holds {plain.dtype}, which are no numbers.", "")
    return plain.astype(np.float64)


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
