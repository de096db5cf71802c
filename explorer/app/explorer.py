"""The explorer: pick a model, an optimizer and a device, watch it learn, see what jit made of it."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from explorer.app.draft import Draft, without
from explorer.app.form import Reasons, form_record
from explorer.app.greys import misfits
from explorer.app.show import page_of, picture_bundle, with_about, write
from explorer.app.worker import Worker
from explorer.compiler.inspection import STAGES
from explorer.compiler.problem import problem_of
from explorer.errors import FieldError, TransitionError
from explorer.gradients.at import GradientProbe
from explorer.records import Record
from explorer.training.config import RunConfig
from explorer.training.frames import Stream, status_record
from explorer.training.look import functions_record, look_at
from explorer.training.run import Run
from explorer.training.script import script_of
from explorer.training.shown import gradient_records, runs_record, setup_records
from explorer.views.panel import Panel

GRADIENT_S = 0.5  # between looks at the gradient's values while training runs
LOCKED = "Pause or stop the run to change what is greyed."
FUNCTIONS = ("model", "loss", "gradient", "train_step")


class Explorer:
    """The interactive explorer; the last expression of a cell shows it.

    Args:
      config: fields of `RunConfig`, such as model="linear-regression", steps=500.

    Raises:
      FieldError: a field is unknown or not allowed.
    """

    def __init__(self, **config: Any) -> None:
        self._draft = Draft.of(RunConfig().but(**config))
        self._undo: list[Draft] = []
        self._reasons: Reasons = {}
        self._looking: Iterator[Reasons] = iter(())
        self._lock = threading.RLock()
        self._panel: Panel | None = None
        self._function = "loss"
        self._parameter: str | None = None
        self._shown_status: str | None = None
        self._probe_at = 0.0
        self._workers = {name: Worker(name, self._failed) for name in ("form", "compile", "gradient")}
        self._runs: list[Run] = []
        self._unsubscribe: dict[str, Any] = {}
        self._streams: dict[str, Stream] = {}
        self._begin(Run(self._config))

    # The Python face

    @property
    def run(self) -> Run:
        """The current run: the one that the buttons command."""
        return self._runs[-1]

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run that is shown, the current one last."""
        return tuple(self._runs)

    @property
    def config(self) -> RunConfig:
        """The configuration of the current run."""
        return self.run.config

    @property
    def panel(self) -> Panel:
        """The widget; made when it is first asked for."""
        with self._lock:
            if self._panel is None:
                self._panel = Panel("explorer", ui={"tab": "learn"}, title="JAX Explorer")
                self._panel.on_command(self._command)
                self._show_all()
            return self._panel

    def save(self, path: str | Path) -> Path:
        """Write one HTML file that shows the curves, the gradients and the three IRs with no kernel and no network.

        Args:
          path: ending in .html.

        Returns:
          The path.
        """
        return write(path, self._page())

    def close(self) -> None:
        """Stop the current run, end the threads and the widget."""
        if "stop" in self.run.can:
            self.run.stop()
        for unsubscribe in self._unsubscribe.values():
            unsubscribe()
        for worker in self._workers.values():
            worker.close()
        if self._panel is not None:
            self._panel.close()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return picture_bundle(self.panel, self.panel.snapshot())

    # Commands from the screen

    def _command(self, name: str, args: dict[str, Any]) -> None:
        handler = getattr(self, f"_do_{name}", None)
        if handler is None:
            raise LookupError(f"there is no command '{name}'")
        try:
            handler(**args)
        except TransitionError as error:
            self.panel.notify("Not possible now", str(error), level="info")

    def _do_set(self, field: str, value: Any) -> None:
        self._workers["form"].submit(f"set {field}", lambda: self._set(field, value))

    def _do_undo(self) -> None:
        if self._undo:
            self._workers["form"].submit("undo", lambda: self._adopt(self._undo.pop()))

    def _do_start(self) -> None:
        # After the choices that are still being looked at.
        self._workers["form"].submit("start", self._start)

    def _do_step(self, n: int = 1) -> None:
        self._workers["form"].submit("step", lambda: self._step(n))

    def _do_pause(self) -> None:
        self.run.pause()

    def _do_resume(self) -> None:
        self.run.resume()

    def _do_stop(self) -> None:
        self.run.stop()

    def _do_go_back(self) -> None:
        self.run.go_back()

    def _do_reset(self) -> None:
        self._workers["form"].submit("reset", self._reset)

    def _do_remove_run(self, run: str) -> None:
        with self._lock:
            for old in [r for r in self._runs[:-1] if r.id == run]:
                self._forget(old)
        self._show_runs()

    def _do_select_parameter(self, parameter: str | None) -> None:
        self._parameter = parameter
        self._look_at_gradient()

    def _do_inspect(self, function: str) -> None:
        if function not in FUNCTIONS:
            raise FieldError("function", f"there is no function '{function}'.", f"Allowed: {', '.join(FUNCTIONS)}.")
        self._function = function
        self._inspect(function)

    def _do_script(self) -> None:
        run = self.run
        name = f"{run.setup.model.name}.py"
        self.panel.put("script", Record("script", {"run": run.id, "name": name}, {"text": script_of(run)}))

    def _do_save_page(self) -> None:
        self._workers["compile"].submit("page", self._save_page)

    # Choices

    @property
    def _config(self) -> RunConfig:
        assert self._draft.setup is not None
        return self._draft.setup.config

    def _set(self, field: str, value: Any) -> None:
        live = self.run.setup.optimizer.live
        if self.run.status == "running" and field != f"optimizer.{live}":
            self.panel.notify("Not possible now", LOCKED, level="info")
            return
        self._undo.append(self._draft)
        self._adopt(self._draft.set(field, value))

    def _adopt(self, draft: Draft) -> None:
        """Take a draft: a live change goes to the run under way, any other makes a new run."""
        self._draft = draft
        if draft.setup is not None:
            self._apply(draft.setup.config)
        self._show_form()
        self._show_status()

    def _apply(self, config: RunConfig) -> None:
        run, live = self.run, self.run.setup.optimizer.live
        under_way = run.status in ("running", "paused") and live is not None
        if under_way and without(config, str(live)) == without(run.config, str(live)):
            rate = config.optimizer[live]  # type: ignore[index]
            if rate != run.rate:
                run.set(**{str(live): rate})
        elif config != run.config:
            self._begin(Run(config))

    def _start(self) -> None:
        if self._draft.problems:
            return self._show_form()
        if self.run.status not in ("ready", "running"):
            self._begin(Run(self._config))
        if "start" in self.run.can:
            self.run.start()
        return None

    def _step(self, n: int) -> None:
        if not self._draft.problems:
            self.run.step(n)

    def _reset(self) -> None:
        if "stop" in self.run.can:
            self.run.stop()
            self.run.wait()
        self._begin(Run(self.run.config if self._draft.problems else self._config))

    # Runs

    def _begin(self, run: Run) -> None:
        """Make `run` the current one; one before it that took no step is forgotten."""
        with self._lock:
            earlier = list(self._runs)
            self._runs.append(run)  # before others go: whoever asks meanwhile finds a current run
            for old in [r for r in earlier if r.step_count == 0]:
                self._forget(old)
            if earlier and earlier[-1].status == "paused":
                earlier[-1].stop()
            self._probe = GradientProbe(run)
            self._streams[run.id] = Stream(run)
            self._unsubscribe[run.id] = run.subscribe(lambda: self._changed(run))
            if self._panel is not None:
                self._panel.add_stream(self._streams[run.id])
                self._show_setup()

    def _forget(self, run: Run) -> None:
        self._runs.remove(run)
        self._unsubscribe.pop(run.id)()
        stream = self._streams.pop(run.id)
        if self._panel is not None:
            self._panel.remove_stream(stream)

    def _changed(self, run: Run) -> None:
        if self._panel is None or run is not self.run:
            return
        self._show_status()
        self._panel.wake()
        if self._parameter is not None and (run.status != "running" or time.monotonic() - self._probe_at > GRADIENT_S):
            self._probe_at = time.monotonic()
            self._look_at_gradient()

    # What is shown

    def _show_all(self) -> None:
        for stream in self._streams.values():
            self.panel.add_stream(stream)
        self._show_setup()

    def _show_setup(self) -> None:
        """Show the current run from its beginning: what it is made of, and what jit makes of it."""
        run, setup = self.run, self.run.setup
        for key, record in with_about(run, setup_records(run)).items():
            self.panel.put(key, record)
        self.panel.put("functions", functions_record(setup, self._function))
        for name in setup.parameters:
            self.panel.drop(f"gradient/{name}")
        for name in FUNCTIONS:
            for key in (f"inspection/{name}", f"source/{name}", *(f"stage/{name}/{s}" for s in STAGES)):
                self.panel.drop(key)
        self._show_form()
        self._show_status()
        self._show_runs()
        self._inspect(self._function)
        self._look_at_gradient()
        assert run.config.batch_size is not None
        self._looking = misfits(setup, run.config.batch_size)
        self._look_at_choices()

    def _show_form(self) -> None:
        running = self.run.status == "running"
        live = self.run.setup.optimizer.live
        if self._panel is not None:
            self._panel.put("form", form_record(self._draft, self._reasons, LOCKED if running else None, live))

    def _show_status(self) -> None:
        if self._panel is None:
            return
        run = self.run
        record = status_record(run, self._failure(run))
        can = [*record.header["can"]]
        if run.status in ("finished", "stopped", "diverged", "failed"):
            can.append("start")  # as a new run of the same choices
        if run.status == "ready":
            can.remove("stop")  # there is nothing to end yet
        if self._draft.problems:
            can = [c for c in can if c not in ("start", "step")]
        self._panel.put("status", Record("status", {**record.header, "can": can}))
        if run.status != self._shown_status:
            self._shown_status = run.status
            self._show_form()
            self._show_runs()
            self._look_at_choices()  # where training had interrupted it

    def _failure(self, run: Run) -> dict[str, Any] | None:
        if run.error is None:
            return None
        return dict(problem_of(run.error, run.setup.model.apply))

    def _show_runs(self) -> None:
        if self._panel is None:
            return
        self._panel.put("runs", runs_record(list(self._runs)))  # a copy: another thread may begin a run meanwhile

    def _look_at_choices(self) -> None:
        self._workers["compile"].submit("greys", self._grey)

    def _grey(self) -> None:
        """Look at one choice more; what else waits for this thread comes in between.

        Training comes first: while it runs, nothing is looked at.
        """
        if self.run.status == "running":
            return
        found = next(self._looking, None)
        if found is None:
            return
        before = {kind: set(reasons) for kind, reasons in self._reasons.items()}
        self._reasons = found
        if {kind: set(reasons) for kind, reasons in found.items()} != before:
            self._show_form()
        self._look_at_choices()

    def _inspect(self, function: str) -> None:
        run = self.run

        def job() -> None:
            inspection = look_at(run.setup, function)
            if run is self.run:  # else the choices changed meanwhile
                for key, record in inspection.records(function).items():
                    self.panel.put(key, record)

        self._workers["compile"].submit(f"inspect {function}", job)

    def _look_at_gradient(self) -> None:
        parameter = self._parameter
        if parameter is None or parameter not in self.run.setup.parameters:
            return
        probe = self._probe

        def job() -> None:
            if probe.run is self.run and self.run.error is None:
                self._put_gradients(probe, (parameter,))

        self._workers["gradient"].submit("gradient", job)

    def _put_gradients(self, probe: GradientProbe, parameters: tuple[str, ...]) -> None:
        for key, record in gradient_records(probe, parameters).items():
            self.panel.put(key, record)

    # Pages

    def _page(self) -> str:
        """Return the page: everything on screen, and what a reader of it could still ask for."""
        for function in FUNCTIONS:
            for key, record in look_at(self.run.setup, function).records(function).items():
                self.panel.put(key, record)
        if self.run.error is None:
            self._put_gradients(self._probe, self.run.setup.parameters)
        return page_of(self.panel.snapshot(), kind="explorer", ui=dict(self.panel.ui))

    def _save_page(self) -> None:
        setup = self.run.setup
        name = f"{setup.model.name}-{setup.dataset.name}.html"
        self.panel.put("page", Record("page", {"name": name}, {"html": self._page()}))

    def _failed(self, error: Exception) -> None:
        text = "".join(traceback.format_exception(error))
        self.panel.notify("Something went wrong", f"{type(error).__name__}: {error}", detail=text)
