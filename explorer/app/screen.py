"""What an explorer shows: records of its state, put into the panel when something changed."""

from __future__ import annotations

import threading
import time
from functools import partial

from explorer.app.branching import same_but_rate
from explorer.app.form import form_record
from explorer.app.functions import Functions
from explorer.app.greys import misfits
from explorer.app.show import page_of, with_about
from explorer.app.state import State
from explorer.app.worker import FAILED, Worker
from explorer.errors import FieldError
from explorer.gradients.at import GradientProbe
from explorer.records import Record
from explorer.training.frames import status_record
from explorer.training.range_test import tried
from explorer.training.run import Run
from explorer.training.setup import Setup
from explorer.training.shown import gradient_records, runs_record, setup_records
from explorer.training.stream import Stream
from explorer.views.panel import Panel

GRADIENT_S = 0.5  # between looks at the gradient's values while training runs
LOCKED = "Pause or stop the run to change what is greyed."


class Screen:
    """Draws the state of an explorer; what takes long is done by its workers.

    Args:
      state: what is shown.
      panel: where.
    """

    def __init__(self, state: State, panel: Panel) -> None:
        self.state, self.panel = state, panel
        failed = partial(panel.failed, FAILED)
        self.workers = {name: Worker(name, failed) for name in ("form", "compile", "gradient")}
        self.functions = Functions(state, panel, self.workers["compile"])
        # Two threads draw the same record: the one that looked later must be the one that stays.
        self._drawing = threading.Lock()
        self._status: str | None = None  # the last one shown
        self._probe: GradientProbe | None = None
        self._probe_at = 0.0
        self._streams: dict[str, Stream] = {}
        self._tested: Setup | None = None  # what learning rates were tested for

    def close(self) -> None:
        """End the threads and the widget."""
        for worker in self.workers.values():
            worker.close()
        self.panel.close()

    # Runs

    def add(self, run: Run) -> None:
        """Show the curves of a run from now on."""
        self._streams[run.id] = Stream(run.id, run.history)
        self.panel.add_stream(self._streams[run.id])

    def remove(self, run: Run) -> None:
        """Show the curves of a run no longer."""
        self.panel.remove_stream(self._streams.pop(run.id))

    def show_run(self) -> None:
        """Show the current run from its beginning: what it is made of, and what jit makes of it."""
        run = self.state.run
        setup = run.setup
        self._probe = GradientProbe(run)
        for key, record in with_about(run, setup_records(run)).items():
            self.panel.put(key, record)
        for name in setup.parameters:
            self.panel.drop(f"gradient/{name}")
        if self._tested is not None and not same_but_rate(self._tested, setup):
            self._tested = None
            self.panel.drop("range_test")
        self.functions.renew()
        self.show_form()
        self.show_status()
        self.show_runs()
        self.look_at_gradient()
        assert run.config.batch_size is not None
        self.state.looking = misfits(setup, run.config.batch_size)
        self._look_at_choices()

    def follow(self, run: Run) -> None:
        """Show how far the current run is; called on its thread."""
        self.show_status()
        self.panel.wake()
        looked = self.state.parameter is not None
        if looked and (run.status != "running" or time.monotonic() - self._probe_at > GRADIENT_S):
            self._probe_at = time.monotonic()
            self.look_at_gradient()

    def show_form(self) -> None:
        """Show the choices with their problems and the reasons of what is greyed."""
        state = self.state
        with self._drawing:
            run = state.run
            locked = LOCKED if run.status == "running" else None
            self.panel.put("form", form_record(state.draft, state.reasons, locked, run.setup.optimizer.live))

    def show_status(self) -> None:
        """Show where the current run stands, and what may be done."""
        with self._drawing:
            run = self.state.run
            record = status_record(run)
            self.panel.put("status", Record("status", {**record.header, "can": self._can(record)}))
        if run.status != self._status:
            self._status = run.status
            self.show_form()
            self.show_runs()
            self._look_at_choices()  # where training had interrupted it

    def _can(self, status: Record) -> list[str]:
        """Return what may be done: what the run permits, and a new run of the same choices."""
        over = status.header["status"] in ("finished", "stopped", "diverged", "failed")
        no = ["stop"] if status.header["status"] == "ready" else []  # there is nothing to end yet
        if self.state.draft.problems:
            no += ["start", "step"]
        more = [*(("start",) if over else ()), *(("branch",) if status.header["step"] else ())]
        if status.header["status"] == "running":
            more = []
        return [command for command in [*status.header["can"], *more] if command not in no]

    def show_runs(self) -> None:
        """Show the runs, named by what differs."""
        # a copy: another thread may begin a run meanwhile
        self.panel.put("runs", runs_record(list(self.state.runs)))

    def show_activity(self, activity: str | None) -> None:
        """Say what is being done for the current run, where it takes a while; None when it is over."""
        self.state.run.activity = activity
        self.show_status()

    # What takes long

    def test_rates(self) -> None:
        """Test learning rates for the choices as they stand, in a thread."""
        setup = self.state.run.setup

        def job() -> None:
            try:
                found = tried(setup)
            except FieldError as error:
                self.panel.notify(f"{error.field}: {error.problem}", error.allowed)
                return
            if setup is self.state.run.setup:  # else the choices changed meanwhile
                self._tested = setup
                self.panel.put("range_test", found.records()["range_test"])

        self.workers["compile"].submit("range test", job)

    def _look_at_choices(self) -> None:
        self.workers["compile"].submit("greys", self._grey)

    def _grey(self) -> None:
        """Look at one choice more; what else waits for this thread comes in between.

        Training comes first: while it runs, nothing is looked at.
        """
        state = self.state
        if state.run.status == "running":
            return
        found = next(state.looking, None)
        if found is None:
            return
        before = {kind: set(reasons) for kind, reasons in state.reasons.items()}
        state.reasons = found
        if {kind: set(reasons) for kind, reasons in found.items()} != before:
            self.show_form()
        self._look_at_choices()

    def look_at_gradient(self) -> None:
        """Show the gradient's values of the parameter that is looked at."""
        parameter, probe = self.state.parameter, self._probe
        if probe is None or parameter is None or parameter not in self.state.run.setup.parameters:
            return

        def job() -> None:
            if probe.run is self.state.run and probe.run.error is None:
                self._put_gradients(probe, (parameter,))

        self.workers["gradient"].submit("gradient", job)

    def _put_gradients(self, probe: GradientProbe, parameters: tuple[str, ...]) -> None:
        for key, record in gradient_records(probe, parameters).items():
            self.panel.put(key, record)

    # Pages

    def page(self) -> str:
        """Return the page: everything on screen, and what a reader of it could still ask for."""
        run = self.state.run
        self.functions.show_all()
        if self._probe is not None and run.error is None:
            self._put_gradients(self._probe, run.setup.parameters)
        return page_of(self.panel.snapshot(), kind="explorer", ui=dict(self.panel.ui))

    def save_page(self) -> None:
        """Make the page, and hand it to the browser to be saved."""

        def job() -> None:
            setup = self.state.run.setup
            name = f"{setup.model.name}-{setup.dataset.name}.html"
            self.panel.put("page", Record("page", {"name": name}, {"html": self.page()}))

        self.workers["compile"].submit("page", job)
