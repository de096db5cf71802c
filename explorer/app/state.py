"""What an explorer is about: the choices, the runs, and what of them is looked at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from explorer.app.draft import Draft
from explorer.app.form import Reasons
from explorer.training.run import Run


@dataclass
class State:
    """Changed by commands, read by the screen.

    Args:
      draft: the choices as they stand, with their problems.
      undo: the drafts before it, the last one last.
      runs: every run that is shown, the current one last.
      reasons: why a choice does not fit, by kind and name, as far as was looked.
      looking: goes on looking at the choices, one at each step.
      function: the function whose stages are looked at.
      parameter: the parameter whose gradient is looked at, if any.
    """

    draft: Draft
    undo: list[Draft] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    reasons: Reasons = field(default_factory=dict)
    looking: Iterator[Reasons] = field(default_factory=lambda: iter(()))
    function: str = "loss"
    parameter: str | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def run(self) -> Run:
        """The current run: the one that the buttons command."""
        return self.runs[-1]
