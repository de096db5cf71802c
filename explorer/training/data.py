"""Whether a data set can be learned from at all: loadable, finite, of one length, with an output for each label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from explorer.catalog.contract import Dataset
from explorer.errors import FieldError


def examples_in(batch: Mapping[str, Any]) -> int:
    """Return the length of the leading axis; 1 where the batch is {}."""
    return len(next(iter(batch.values()))) if batch else 1


def check_data(dataset: Dataset, batch_size: int) -> None:
    """Check what no shape shows.

    Raises:
      FieldError: the data cannot be loaded here, differ in length, hold what is not finite, or do not fill a batch.
    """
    if dataset.missing:
        raise FieldError("dataset", f"'{dataset.name}' cannot be loaded. {dataset.missing}", "")
    for part in filter(None, (dataset.train, dataset.held_out)):
        lengths = {name: len(values) for name, values in part.items()}
        if len(set(lengths.values())) > 1:
            raise FieldError("dataset", f"'{dataset.name}' has columns of different lengths: {lengths}.", "")
        for name, values in part.items():
            if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
                bad = int((~np.isfinite(values)).sum())
                problem = f"'{dataset.name}' holds {bad:,} values in '{name}' that are NaN or infinite."
                raise FieldError("dataset", problem, "Training needs numbers everywhere.")
    examples = examples_in(dataset.train)
    if dataset.train and batch_size > examples:
        problem = f"must be at most the number of training examples, {examples:,}; you gave {batch_size:,}."
        raise FieldError("batch_size", problem, "")


def check_labels(dataset: Dataset, classes: int) -> None:
    """Check that the model has an output for each label: the loss of one without would be NaN.

    Args:
      dataset: whose labels are y.
      classes: the model's outputs; 0 where they stand for no classes.

    Raises:
      FieldError: a label has none.
    """
    labels = dataset.train.get("y")
    if not classes or labels is None or not np.issubdtype(labels.dtype, np.integer):
        return
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        problem = (
            f"'{dataset.name}' has labels from {low:,} to {high:,}, and the model tells {classes:,} classes apart."
        )
        allowed = f"At least {high + 1:,}." if low >= 0 else "Labels count from 0."
        raise FieldError("classes" if low >= 0 else "dataset", problem, allowed)
