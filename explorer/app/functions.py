"""The functions of the current run in an explorer: what jit makes of each, what that costs, and how long it takes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from explorer.app.inspect_panel import COMPILING, LOOKING
from explorer.app.measured import measured
from explorer.app.state import State
from explorer.app.worker import Worker
from explorer.compiler.inspection import Inspection
from explorer.compiler.options_known import FIELD, refused
from explorer.compiler.shown import ON_DEMAND, issue_of
from explorer.compiler.stage import LATE, STAGES
from explorer.compiler.subject import Subject
from explorer.compiler.targets.process import cancellable
from explorer.errors import FieldError
from explorer.records import Record
from explorer.training.look import functions_record, look_at, subject_of
from explorer.training.precision import precision
from explorer.training.script import script_of
from explorer.views.panel import Panel

FUNCTIONS = ("model", "loss", "gradient", "train_step")
PARTS = (
    "subject",
    "comparison",
    "inspection",
    "source",
    "instructions",
    "summary",
    "passes",
    "fusions",
    "memory",
    "roofline",
    "sharding",
    "issue",
)
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
        self._options: dict[str, Any] = {}  # XLA's, for every look
        self._earlier: dict[str, Inspection] = {}  # by function, the look before these options
        self._cancel = threading.Event()  # ends what compiles for a machine that is not here

    def renew(self) -> None:
        """Forget what belongs to another run or target, and look at the function that is on screen."""
        self.cancel()
        self._earlier = {}
        self._forget()
        self.look(self._state.function)

    def cancel(self) -> None:
        """End what is compiled for a machine that is not here."""
        self._cancel.set()
        self._cancel = threading.Event()

    def change(self, change: Callable[[Subject], Subject]) -> None:
        """Compile with other options of XLA's, as a change of the subject says; returns at once."""
        self.cancel()
        self._worker.submit("options", lambda: self._change(change))

    def refuse(self, problem: FieldError) -> None:
        """Show what is wrong with a choice of how the function on screen is compiled."""
        self._show_subject(self._state.function, problem)

    def _forget(self) -> None:
        self._looked = {}
        state = self._state
        self._panel.put("functions", functions_record(state.run.setup, state.function, state.draft.target))
        for name in FUNCTIONS:
            for key in (
                *(f"{part}/{name}" for part in PARTS),
                *(f"stage/{name}/{stage}" for stage in (*STAGES, *LATE)),
                *(f"graph/{name}/{stage}" for stage in STAGES),
            ):
                self._panel.drop(key)

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

    def measure_both(self) -> None:
        """Measure the function on screen with the options before and with these, and compare; returns at once."""
        if self._state.run.status == "running":
            self._panel.notify("Not measured", TRAINING, level="info")
        else:
            self._worker.submit("measure both", self._measure_both)

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
            looked[function] = self._look(function)
        return looked[function]

    def _look(self, function: str) -> Inspection:
        target = self._state.draft.target
        self._show_subject(function, busy=LOOKING if target is None else COMPILING.format(target.title))
        try:
            with cancellable(self._cancel):
                return look_at(self._state.run.setup, function, target, self._options)
        finally:
            self._show_subject(function)

    def _change(self, change: Callable[[Subject], Subject]) -> None:
        function, before, earlier = self._state.function, self._options, self._inspection(self._state.function)
        try:
            self._options = dict(change(self._subject(function)).options.compiler_options)
        except FieldError as error:
            return self._show_subject(function, error)
        looked = self._look(function)
        if looked.compiled is None and earlier.compiled is not None:  # what XLA refuses is said, and all stays as it is
            self._options = before
            return self._show_subject(function, FieldError(FIELD, refused(looked.stages["hlo"].reason), ""))
        self._forget()
        self._looked[function], self._earlier = looked, {function: earlier}
        self._show(function)

    def _show(self, function: str) -> None:
        looked = self._looked
        inspection = self._inspection(function)
        if looked is self._looked:  # else the choices changed meanwhile
            self._put(inspection.records(function))
            self._show_subject(function, _missing(inspection))
            self._put(inspection.figures(function))
            self._compare(function)

    def _compare(self, function: str) -> None:
        if function in self._earlier:
            told = self._looked[function].compare(self._earlier[function])
            self._put({f"comparison/{function}": told.record(function)})

    def _measure_both(self) -> None:
        function = self._state.function
        if function in self._earlier:
            with precision(self._state.run.setup.config.dtype):
                measured(self._earlier[function], function, self._panel.notify)
            self._measure(function)
            self._compare(function)

    def _subject(self, function: str) -> Subject:
        state = self._state
        return subject_of(state.run.setup, function, state.draft.target, self._options)

    def _show_subject(self, function: str, problem: FieldError | None = None, busy: str | None = None) -> None:
        record = self._subject(function).record(function, problem, busy, compiled_only=True)
        self._panel.put(f"subject/{function}", record)

    def _measure(self, function: str) -> None:
        with precision(self._state.run.setup.config.dtype):
            self._put(measured(self._inspection(function), function, self._panel.notify))

    def _demand(self, name: str, function: str, **more: Any) -> None:
        looked = self._looked
        made = ON_DEMAND[name](self._inspection(function), function, **more)
        if looked is self._looked:
            self._put(made)

    def _issue(self, function: str) -> None:
        try:
            program = script_of(self._state.run)
        except FieldError:  # of a model or data that only this kernel knows: the inspection's own program stands in
            program = None
        self._put(issue_of(self._inspection(function), function, program))

    def _put(self, records: dict[str, Record]) -> None:
        for key, record in records.items():
            self._panel.put(key, record)


def _missing(inspection: Inspection) -> FieldError | None:
    """Return why a program is not there for a machine that was picked; None where it is."""
    subject = inspection.subject
    if inspection.compiled is not None or subject is None or subject.options.target is None:
        return None
    return FieldError("target", str(inspection.stages["hlo"].known_reason), "")
