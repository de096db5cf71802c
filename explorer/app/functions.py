"""The functions of the current run in an explorer: what jit makes of each, what that costs, and how long it takes."""

from __future__ import annotations

import threading
from typing import Any

from explorer.app.measured import measured
from explorer.app.state import State
from explorer.app.worker import Worker
from explorer.compiler.inspection import Inspection
from explorer.compiler.shown import ON_DEMAND, issue_of
from explorer.compiler.stage import LATE, STAGES
from explorer.compiler.targets.process import cancellable
from explorer.errors import FieldError
from explorer.records import Record
from explorer.training.look import functions_record, look_at
from explorer.training.precision import precision
from explorer.training.script import script_of
from explorer.views.panel import Panel

FUNCTIONS = ("model", "loss", "gradient", "train_step")
PARTS = ("inspection", "source", "instructions", "summary", "passes", "fusions", "memory", "roofline", "issue")
TRAINING = "Pause or stop the run first: it would take the time that is to be measured."


class Functions:
    """Looks at the functions of the current run, on a thread of its own.

    Args:
      state: whose current run is meant, and which of its functions is on screen.
      panel: where the records go.
      worker: the thread.
    """

    def __init__(self, state: State, panel: Panel, worker: Worker) -> None:
        self._state, self._panel, self._worker = state, panel, worker
        self._looked: dict[str, Inspection] = {}
        self._cancel = threading.Event()  # ends what compiles for a machine that is not here

    def renew(self) -> None:
        """Forget what belongs to another run or target, and look at the function that is on screen."""
        self._looked = {}
        self._cancel.set()
        self._cancel = threading.Event()
        state = self._state
        self._panel.put("functions", functions_record(state.run.setup, state.function, state.draft.target))
        for name in FUNCTIONS:
            for key in (
                *(f"{part}/{name}" for part in PARTS),
                *(f"stage/{name}/{stage}" for stage in (*STAGES, *LATE)),
                *(f"graph/{name}/{stage}" for stage in STAGES),
            ):
                self._panel.drop(key)
        self.look(self._state.function)

    def look(self, function: str) -> None:
        """Look at a function; returns at once.

        Raises:
          FieldError: there is no such function.
        """
        if function not in FUNCTIONS:
            raise FieldError("function", f"there is no function '{function}'.", f"Allowed: {', '.join(FUNCTIONS)}.")
        self._state.function = function
        self._worker.submit(f"inspect {function}", lambda: self._show(function))

    def measure(self, function: str) -> None:
        """Measure on the device how long each instruction of a function takes; returns at once."""
        if self._state.run.status == "running":
            self._panel.notify("Not measured", TRAINING, level="info")
        else:
            self._worker.submit(f"measure {function}", lambda: self._measure(function))

    def demand(self, name: str, function: str, **more: Any) -> None:
        """Show what is made of a function on demand, by its name in `ON_DEMAND`; returns at once."""
        self._worker.submit(f"{name} {function} {more}", lambda: self._demand(name, function, **more))

    def issue(self, function: str) -> None:
        """Make the text of an issue about a function; returns at once."""
        self._worker.submit(f"issue {function}", lambda: self._issue(function))

    def show_all(self) -> None:
        """Look at every function, now."""
        for function in FUNCTIONS:
            self._show(function)

    def _inspection(self, function: str) -> Inspection:
        looked = self._looked  # in this order: what a run before made is not kept for the next
        if function not in looked:
            with cancellable(self._cancel):
                looked[function] = look_at(self._state.run.setup, function, self._state.draft.target)
        return looked[function]

    def _show(self, function: str) -> None:
        looked = self._looked
        inspection = self._inspection(function)
        if looked is self._looked:  # else the choices changed meanwhile
            self._put(inspection.records(function))
            self._put(inspection.figures(function))

    def _measure(self, function: str) -> None:
        with precision(self._state.run.setup.config.dtype):
            self._put(measured(self._inspection(function), function, self._panel.notify))

    def _demand(self, name: str, function: str, **more: Any) -> None:
        looked = self._looked
        made = ON_DEMAND[name](self._inspection(function), function, **more)
        if looked is self._looked:
            self._put(made)

    def _issue(self, function: str) -> None:
        self._put(issue_of(self._inspection(function), function, script_of(self._state.run)))

    def _put(self, records: dict[str, Record]) -> None:
        for key, record in records.items():
            self._panel.put(key, record)
