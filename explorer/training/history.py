"""The numbers of a run, kept up to a bound without losing a spike, a NaN or an extreme.

Every quantity is a series with steps of its own: the loss at every step, norms at every tenth, held-out figures more
rarely. A series keeps every point until it is full. Then the whole range of steps is cut into equal buckets, a power
of two steps wide so that later buckets hold earlier ones exactly, and of each bucket stay the first point, the
least, the greatest and the first that is not finite.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.errors import FieldError
from explorer.training.config import Event

if TYPE_CHECKING:
    import pandas

_EXPORTS = "explorer.training.exports"
BOUND = 1 << 17  # points of one series; 12 bytes each


def decimate(steps: np.ndarray, values: np.ndarray, most: int) -> np.ndarray:
    """Return the indices of the points to keep, in order; about `most` or fewer, where that loses no extreme.

    Args:
      steps: int64[n], ascending.
      values: float[n]; NaN and infinity are kept, the first of each bucket.
      most: the number of points aimed at.
    """
    if len(steps) <= most:
        return np.arange(len(steps))
    width = 1
    while (int(steps[-1]) // width - int(steps[0]) // width + 1) * 4 > most:
        width *= 2
    buckets = steps // width
    starts = np.flatnonzero(np.r_[True, np.diff(buckets) != 0])
    finite = np.isfinite(values)
    lengths = np.diff(np.r_[starts, len(steps)])
    keep = [starts, _first_of(~finite, starts)]
    for sign in (1.0, -1.0):
        key = np.where(finite, sign * values.astype(np.float64), np.inf)
        extreme = np.repeat(np.minimum.reduceat(key, starts), lengths)
        keep.append(_first_of(finite & (key == extreme), starts))
    return np.unique(np.concatenate(keep))


def _first_of(mask: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the first true index of each bucket that has one."""
    hits = np.flatnonzero(mask)
    owner = np.searchsorted(starts, hits, "right") - 1
    _, first = np.unique(owner, return_index=True)
    return hits[first]


class Series:
    """One quantity by step. steps: int64[n], values: float32[n] or float64[n]."""

    def __init__(self, group: str, bound: int = BOUND) -> None:
        self.group, self.bound = group, bound
        self._steps, self._values = np.empty(64, np.int64), np.empty(64, np.float32)
        self.length = 0

    @property
    def steps(self) -> np.ndarray:
        return self._steps[: self.length]

    @property
    def values(self) -> np.ndarray:
        return self._values[: self.length]

    def append(self, steps: np.ndarray, values: np.ndarray) -> None:
        """Add points; steps ascend and come after those that are there."""
        if values.dtype == np.float64 and self._values.dtype != np.float64:
            self._values = _grown(self.values.astype(np.float64), len(self._values))
        need = self.length + len(steps)
        if need > len(self._steps):
            size = max(need, min(2 * len(self._steps), self.bound + 1))
            self._steps, self._values = _grown(self._steps, size), _grown(self._values, size)
        self._steps[self.length : need], self._values[self.length : need] = steps, values
        self.length = need
        if self.length > self.bound:
            self._keep(decimate(self.steps, self.values, self.bound // 2))

    def cut(self, step: int) -> None:
        """Forget every point after `step`."""
        self._keep(np.flatnonzero(self.steps <= step))

    def _keep(self, index: np.ndarray) -> None:
        steps, values = self.steps[index], self.values[index]
        self.length = len(index)
        self._steps[: self.length], self._values[: self.length] = steps, values


def _grown(array: np.ndarray, size: int) -> np.ndarray:
    new = np.empty(size, array.dtype)
    new[: len(array)] = array
    return new


class History:
    """What a run recorded. Safe to read from any thread while the run goes on.

    Columns: "loss" (of each step's batch, before its update), "learning_rate" (at the ends of each compiled call),
    "held_out/loss",
    "held_out/<metric>", "grad_norm/<parameter>", "param_norm/<parameter>", "update_ratio/<parameter>".
    """

    def __init__(self, bound: int = BOUND) -> None:
        self._bound = bound
        self._series: dict[str, Series] = {}
        self.lock = threading.RLock()
        self.events: list[Event] = []
        self.cuts = 0  # a reader that remembers the last step it saw must start over when this has grown

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of what was recorded."""
        with self.lock:
            return tuple(self._series)

    @property
    def steps(self) -> np.ndarray:
        """The steps of the column "loss", int64[n], counted from 1."""
        return self.steps_of("loss")

    def column(self, name: str) -> np.ndarray:
        """Return the values of a column, float[n], one for each of `steps_of(name)`.

        Raises:
          FieldError: there is no such column.
        """
        with self.lock:
            return self._get(name).values.copy()

    def steps_of(self, name: str) -> np.ndarray:
        """Return the steps at which a column was recorded, int64[n]; 0 is before the first step."""
        with self.lock:
            return self._get(name).steps.copy()

    def latest(self, name: str) -> float | None:
        """Return the last value of a column, or None where nothing was recorded yet."""
        with self.lock:
            series = self._series.get(name)
            return float(series.values[-1]) if series is not None and series.length else None

    def to_dataframe(self) -> pandas.DataFrame:
        """Return a table with one row per recorded step; NaN where a column was not recorded. Needs pandas."""
        import pandas as pd

        with self.lock:
            columns = {n: pd.Series(s.values.copy(), s.steps.copy()) for n, s in self._series.items()}
        return pd.DataFrame(columns).rename_axis("step")

    def to_csv(self, path: str | Path) -> Path:
        """Write a table with one row per recorded step, a column "step" and one for each column; returns the path.

        Args:
          path: ending in .csv. A field is empty where nothing was recorded; numbers are written so that reading them
            gives the same ones.

        Raises:
          FieldError: the path does not end in .csv.
        """
        return Path(importlib.import_module(_EXPORTS).write_csv(self, Path(path)))

    def to_tensorboard(self, folder: str | Path) -> Path:
        """Write every column as scalars into an event file for TensorBoard; returns the folder.

        Args:
          folder: where TensorBoard looks, one for each run. Needs tensorboardX.

        Raises:
          FieldError: tensorboardX is not installed, or the folder is a file.
        """
        return Path(importlib.import_module(_EXPORTS).write_tensorboard(self, Path(folder)))

    def append(self, name: str, group: str, steps: Iterable[int] | np.ndarray, values: Any) -> None:
        """Add points to a column. group: "train", "held_out" or "diagnostic"."""
        with self.lock:
            series = self._series.get(name)
            if series is None:
                series = self._series[name] = Series(group, self._bound)
            series.append(np.asarray(steps, np.int64), np.atleast_1d(np.asarray(values)))

    def copy(self, step: int) -> History:
        """Return what was recorded up to `step`, events too, as a history of its own."""
        new = History(self._bound)
        with self.lock:
            for name, series in self._series.items():
                new.append(name, series.group, series.steps, series.values)
            new.events[:] = self.events
        new.cut(step)
        return new

    def cut(self, step: int) -> None:
        """Forget everything after `step`, events too."""
        with self.lock:
            for series in self._series.values():
                series.cut(step)
            self.events[:] = [e for e in self.events if e.step <= step]
            self.cuts += 1

    def items(self) -> list[tuple[str, Series]]:
        """Return the series by name; hold `lock` while reading them."""
        return list(self._series.items())

    def _get(self, name: str) -> Series:
        if name not in self._series:
            known = ", ".join(self._series) or "none yet"
            raise FieldError("column", f"there is no column '{name}'.", f"Recorded: {known}.")
        return self._series[name]
