"""A history for other programs: a CSV table, or event files of TensorBoard."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from explorer.errors import FieldError
from explorer.training.history import History

INSTALL = "pip install 'jax-explorer[tensorboard]' brings it."


def write_csv(history: History, path: Path) -> Path:
    """Write a table; see `History.to_csv`."""
    if path.suffix.lower() != ".csv":
        raise FieldError("path", f"must end in .csv; you gave '{path}'.", "")
    if not path.parent.is_dir():
        raise FieldError("path", f"there is no folder '{path.parent}'.", "")
    with history.lock:
        columns = {name: (series.steps.copy(), series.values.copy()) for name, series in history.items()}
    steps = np.unique(np.concatenate([steps for steps, _ in columns.values()] or [np.empty(0, np.int64)]))
    cells = {name: np.full(len(steps), "", object) for name in columns}
    for name, (at, values) in columns.items():
        cells[name][np.searchsorted(steps, at)] = [str(value) for value in values]  # the shortest that reads the same
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["step", *columns])
        writer.writerows(zip(steps, *cells.values(), strict=True))
    return path


def write_tensorboard(history: History, folder: Path) -> Path:
    """Write an event file; see `History.to_tensorboard`."""
    try:
        from tensorboardX import SummaryWriter
    except ImportError as error:
        raise FieldError("tensorboard", "needs tensorboardX, which is not installed.", INSTALL) from error
    if folder.is_file():
        raise FieldError("folder", f"'{folder}' is a file.", "")
    with history.lock:
        columns = [(name, series.steps.copy(), series.values.copy()) for name, series in history.items()]
    with SummaryWriter(str(folder)) as writer:
        for name, steps, values in columns:
            for step, value in zip(steps, values, strict=True):
                writer.add_scalar(name, float(value), int(step))
    return folder
