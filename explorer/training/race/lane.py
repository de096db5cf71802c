"""One contestant of a race: its settings, its run for each seed, and what these came to together."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np

from explorer.training.config import Choice, RunConfig
from explorer.training.history import History
from explorer.training.range_test import RangeTest
from explorer.training.run import Run

WINDOW = 0.05  # of the steps: the loss of one batch says little, so the last ones are averaged
_ids = itertools.count(1)


@dataclass
class Lane:
    """A contestant.

    Args:
      name: by what differs from the others.
      config: its settings, with the learning rate that it races at; those of the first seed.
      test: the range test that found the rate, if one did.
      note: why the rate was not tuned, in a sentence, where it was to be.
    """

    name: str
    config: RunConfig
    test: RangeTest | None = None
    note: str | None = None
    runs: list[Run] = field(default_factory=list)
    side_by_side: bool = False  # whether the seeds after the first ran in one program (vmap)
    id: str = field(default_factory=lambda: f"lane-{next(_ids)}")
    history: History = field(default_factory=History)

    @property
    def rate(self) -> float | None:
        """The learning rate it races at; None where the optimizer finds its own."""
        live = self.runs[0].setup.optimizer.live if self.runs else None
        optimizer = self.config.optimizer
        return optimizer[live] if live and isinstance(optimizer, Choice) else None

    @property
    def seconds_per_step(self) -> float | None:
        """As measured in the run of the first seed, alone on the device, without compiling."""
        return self.runs[0].seconds_per_step if self.runs else None

    def loss(self, steps: int) -> np.ndarray:
        """Return each seed's training loss after so many steps, f64[seeds]: the mean of the window that ends there.

        NaN where a run did not come so far.
        """
        found = []
        for run in self.runs:
            if "loss" not in run.history.columns:  # it has not begun
                found.append(np.nan)
                continue
            at, values = run.history.steps, run.history.column("loss").astype(np.float64)
            inside = (at > steps - max(1, round(WINDOW * (run.config.steps or 1)))) & (at <= steps)
            reached = len(at) and at[-1] >= steps and run.divergence is None
            found.append(values[inside].mean() if reached and inside.any() else np.nan)
        return np.asarray(found)

    def gather(self) -> None:
        """Put the mean over the seeds into the history, and as a band the least and the greatest, step by step."""
        columns: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
        for run in self.runs:
            for name in run.history.columns:
                if name == "loss" or name.startswith("held_out/"):
                    columns.setdefault(name, []).append((run.history.steps_of(name), run.history.column(name)))
        with self.history.lock:
            self.history.cut(-1)
            for name, found in columns.items():
                steps = found[0][0]
                for other, _ in found[1:]:
                    steps = np.intersect1d(steps, other)
                table = np.stack([values[np.searchsorted(at, steps)] for at, values in found])
                group = "held_out" if name.startswith("held_out/") else "train"
                self.history.append(name, group, steps, table.mean(axis=0))
                if len(found) > 1:
                    self.history.append(f"low:{name}", "band", steps, table.min(axis=0))
                    self.history.append(f"high:{name}", "band", steps, table.max(axis=0))
