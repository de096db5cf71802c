"""Who is ahead in a race, by steps and by time, with the rules in words."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from explorer.errors import FieldError
from explorer.training.race.lane import WINDOW, Lane

BY_STEPS = (
    f"By steps: the training loss after all steps, as the mean of the last {WINDOW:.0%} of them and of the seeds."
)
BY_TIME = (
    "By time: the same, after as many steps as each takes in the time in which the fastest takes all of its own; the "
    "time of a step is the median over the calls of the run of the first seed, alone on the device, without compiling."
)
COLUMNS = (
    "name",
    "rank_by_steps",
    "rank_by_time",
    "learning_rate",
    "loss",
    "lowest",
    "highest",
    "loss_at_equal_time",
    "held_out_loss",
    "seconds_per_step",
    "seeds",
    "note",
)


class Table(Sequence[dict[str, Any]]):
    """The rows of a race, the best by steps first; each a dict by `COLUMNS`, None where a figure is not known.

    loss, lowest, highest: over the seeds; note: what is to be said of this contestant, or "".
    """

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        self.rows = list(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        return self.rows[index]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def to_csv(self, path: str | Path) -> Path:
        """Write the table; returns the path.

        Raises:
          FieldError: the path does not end in .csv.
        """
        if Path(path).suffix.lower() != ".csv":
            raise FieldError("path", f"must end in .csv; you gave '{path}'.", "")
        with Path(path).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(self.rows)
        return Path(path)

    def to_dataframe(self) -> Any:
        """Return the table as a pandas DataFrame. Needs pandas."""
        import pandas as pd

        return pd.DataFrame(self.rows, columns=list(COLUMNS))

    def __repr__(self) -> str:
        shown = ("rank_by_steps", "rank_by_time", "name", "learning_rate", "loss", "loss_at_equal_time", "note")
        cells = [[_cell(row[name]) for name in shown] for row in self.rows]
        heads = ["by steps", "by time", "name", "learning rate", "loss", "at equal time", "note"]
        widths = [max(len(line[i]) for line in [heads, *cells]) for i in range(len(heads))]
        return "\n".join(
            "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in [heads, *cells]
        )


def table_of(lanes: Sequence[Lane], steps: int) -> Table:
    """Return how the contestants stand after `steps` steps; those that did not start yet come last.

    Args:
      lanes: the contestants.
      steps: that each was to take.
    """
    times = [lane.seconds_per_step for lane in lanes]
    fastest = min((t for t in times if t is not None), default=None)
    rows: list[dict[str, Any]] = []
    for lane, time in zip(lanes, times, strict=True):
        losses = lane.loss(steps) if lane.runs else np.asarray([])
        within = min(steps, round(steps * fastest / time)) if fastest and time else 0
        equal = lane.loss(within) if within and np.isfinite(losses).all() else np.asarray([])
        held_out = [found for run in lane.runs if (found := run.history.latest("held_out/loss")) is not None]
        rows.append(
            {
                "name": lane.name,
                "learning_rate": lane.rate,
                "loss": _mean(losses),
                "lowest": _finite(losses.min()) if losses.size else None,
                "highest": _finite(losses.max()) if losses.size else None,
                "loss_at_equal_time": _mean(equal),
                "held_out_loss": _mean(np.asarray(held_out)),
                "seconds_per_step": time,
                "seeds": len(lane.runs),
                "note": _note(lane),
            }
        )
    for rank, by in (("rank_by_steps", "loss"), ("rank_by_time", "loss_at_equal_time")):
        known = sorted(row[by] for row in rows if row[by] is not None)
        for row in rows:
            row[rank] = None if row[by] is None else 1 + known.index(row[by])
    rows.sort(key=lambda row: (row["rank_by_steps"] is None, row["rank_by_steps"] or 0))
    return Table([{name: row[name] for name in COLUMNS} for row in rows])


def _note(lane: Lane) -> str:
    bad = [run for run in lane.runs if run.divergence is not None]
    said = [lane.note] if lane.note else []
    if bad:
        first = min(run.divergence.step for run in bad if run.divergence is not None)
        of = f" in {len(bad)} of {len(lane.runs)} runs" if len(lane.runs) > 1 else ""
        said.append(f"not finite{of}, first at step {first:,}")
    return "; ".join(said)


def _mean(values: np.ndarray) -> float | None:
    return _finite(values.mean()) if values.size else None


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def _cell(value: Any) -> str:
    return "–" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
