"""The explorer: pick a model, an optimizer and a device, watch it learn, see what jit made of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from explorer.app.branching import as_it_stands, differing
from explorer.app.draft import Draft, without
from explorer.app.screen import LOCKED, Screen
from explorer.app.show import give_words, picture_bundle, write
from explorer.app.state import State
from explorer.compiler.shown import ON_DEMAND
from explorer.compiler.targets.choice import chosen
from explorer.errors import FieldError, TransitionError
from explorer.registering import named
from explorer.training.config import RunConfig
from explorer.training.run import Run
from explorer.training.script import script_record
from explorer.views.panel import Panel


class Explorer:
    """The interactive explorer; the last expression of a cell shows it.

    Args:
      runs: to open, such as one that `explorer.load` returned; their curves are overlaid, the last one is commanded.
      config: instead, fields of `RunConfig`, such as model="linear-regression", steps=500; model and data set may be
        your own, as `explorer.register` takes them.

    Raises:
      FieldError: a field is unknown or not allowed.
    """

    def __init__(self, *runs: Run, **config: Any) -> None:
        if runs and config:
            field = next(iter(config))
            raise FieldError(field, "belongs to a new run; you gave runs to open.", "Give one or the other.")
        first = as_it_stands(runs[-1]) if runs else RunConfig().but(**named(config))
        self._state = State(Draft.of(first))
        self._screen: Screen | None = None
        self._unsubscribe: dict[str, Any] = {}
        self._begin(*(runs or (Run(self._config),)))

    # The Python face

    @property
    def run(self) -> Run:
        """The current run: the one that the buttons command."""
        return self._state.run

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run that is shown, the current one last."""
        return tuple(self._state.runs)

    @property
    def config(self) -> RunConfig:
        """The configuration of the current run."""
        return self.run.config

    @property
    def panel(self) -> Panel:
        """The widget; made when it is first asked for."""
        return self._shown.panel

    @property
    def _shown(self) -> Screen:
        with self._state.lock:
            if self._screen is None:
                panel = Panel("explorer", ui={"tab": "learn"}, title="JAX Explorer")
                self._screen = Screen(self._state, panel)
                panel.on_command(self._command)
                give_words(panel)
                for run in self._state.runs:
                    self._screen.add(run)
                self._screen.show_run()
            return self._screen

    def wait(self, timeout: float | None = None) -> bool:
        """Return whether what was looked at in threads was done within `timeout` seconds; a run that trains goes on."""
        return all(worker.wait(timeout) for worker in self._shown.workers.values())

    def save(self, path: str | Path) -> Path:
        """Write one HTML file that shows the curves, the gradients and the IRs with no kernel and no network.

        Args:
          path: ending in .html.

        Returns:
          The path.
        """
        return write(path, self._shown.page())

    def close(self) -> None:
        """Stop the current run, end the threads and the widget."""
        if "stop" in self.run.can:
            self.run.stop()
        for unsubscribe in self._unsubscribe.values():
            unsubscribe()
        if self._screen is not None:
            self._screen.close()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return picture_bundle(self.panel, self.panel.snapshot())

    # Commands from the screen

    def _command(self, name: str, args: dict[str, Any]) -> None:
        handler = partial(self._demand, name) if name in ON_DEMAND else getattr(self, f"_do_{name}", None)
        if handler is None:
            raise LookupError(f"there is no command '{name}'")
        try:
            handler(**args)
        except TransitionError as error:
            self.panel.notify("Not possible now", str(error), level="info")

    def _do_set(self, field: str, value: Any) -> None:
        self._shown.workers["form"].submit(f"set {field}", lambda: self._set(field, value))

    def _do_undo(self) -> None:
        if self._state.undo:
            self._shown.workers["form"].submit("undo", lambda: self._adopt(self._state.undo.pop()))

    def _do_start(self) -> None:
        # After the choices that are still being looked at.
        self._shown.workers["form"].submit("start", self._start)

    def _do_step(self, n: int = 1) -> None:
        self._shown.workers["form"].submit("step", lambda: self._step(n))

    def _do_pause(self) -> None:
        self.run.pause()

    def _do_resume(self) -> None:
        self.run.resume()

    def _do_stop(self) -> None:
        self.run.stop()

    def _do_go_back(self) -> None:
        self.run.go_back()

    def _do_reset(self) -> None:
        self._shown.workers["form"].submit("reset", self._reset)

    def _do_remove_run(self, run: str) -> None:
        with self._state.lock:
            for old in [r for r in self._state.runs[:-1] if r.id == run]:
                self._forget(old)
        self._shown.show_runs()

    def _do_select_parameter(self, parameter: str | None) -> None:
        self._state.parameter = parameter
        self._shown.look_at_gradient()

    def _do_inspect(self, function: str) -> None:
        self._shown.functions.look(function)

    def _do_measure(self, function: str) -> None:
        self._shown.functions.measure(function)

    def _do_issue(self, function: str) -> None:
        self._shown.functions.issue(function)

    def _do_set_compiler_options(self, options: dict[str, Any]) -> None:
        self._shown.functions.change(lambda subject: subject.with_compiler_options(options))

    def _do_set_passes_off(self, passes: list[str]) -> None:
        self._shown.functions.change(lambda subject: subject.with_passes_off(passes))

    def _do_set_target(self, target: str | None) -> None:
        self._shown.workers["form"].submit("set target", lambda: self._set_target(target))

    def _do_cancel(self) -> None:
        self._shown.functions.cancel()

    def _do_measure_both(self) -> None:
        self._shown.functions.measure_both()

    def _demand(self, name: str, function: str, **more: Any) -> None:
        self._shown.functions.demand(name, function, **more)

    def _do_range_test(self) -> None:
        self._shown.test_rates()

    def _do_branch(self, step: int) -> None:
        self._shown.workers["form"].submit("branch", lambda: self._branch(step))

    def _do_script(self) -> None:
        self.panel.put("script", script_record(self.run))

    def _do_save_page(self) -> None:
        self._shown.save_page()

    # Choices

    @property
    def _config(self) -> RunConfig:
        assert self._state.draft.setup is not None
        return self._state.draft.setup.config

    def _set(self, field: str, value: Any) -> None:
        live = self.run.setup.optimizer.live
        if self.run.status == "running" and field != f"optimizer.{live}":
            self.panel.notify("Not possible now", LOCKED, level="info")
            return
        self._state.undo.append(self._state.draft)
        self._adopt(self._state.draft.set(field, value))

    def _set_target(self, target: str | None) -> None:
        """Pick the device, the form's too, where a function is looked at; what is wrong is said there."""
        try:
            chosen(target)
        except FieldError as error:
            return self._shown.functions.refuse(FieldError("target", error.problem, error.allowed))
        return self._set("device", str(self._state.draft.values["device"]) if target is None else target)

    def _adopt(self, draft: Draft) -> None:
        """Take a draft: a live change goes to the run under way, any other makes a new run, but for a target."""
        before, self._state.draft = self._state.draft, draft
        if draft.setup is not None:
            self._apply(draft.setup.config)
        if draft.target != before.target:
            self._shown.functions.renew()
        self._shown.show_form()
        self._shown.show_status()

    def _apply(self, config: RunConfig) -> None:
        run, live = self.run, self.run.setup.optimizer.live
        under_way = run.status in ("running", "paused") and live is not None
        if under_way and without(config, str(live)) == without(run.config, str(live)):
            rate = config.optimizer[live]  # type: ignore[index]
            if rate != run.rate:
                run.set(**{str(live): rate})
        elif config != run.config and not self._turn(config):
            self._begin(Run(config))

    def _turn(self, config: RunConfig) -> bool:
        """Give a branch that took no step yet these settings; return whether they fit where it stands."""
        run = self.run
        if run.branched_at is None or run.branched_at != run.step_count:
            return False
        try:
            turned = run.branch(run.step_count, **differing(run, config))
        except FieldError as error:
            self.panel.notify("A new run from the first step", str(error), level="info")
            return False
        with self._state.lock:
            self._begin(turned)
            if run in self._state.runs:
                self._forget(run)
        self._shown.show_runs()
        return True

    def _branch(self, step: int) -> None:
        """Go back to a step of the current run, in a run of its own; what is chosen next goes on from there."""
        self._shown.show_activity("taking the steps up to there again")
        try:
            branch = self.run.branch(step)
        except FieldError as error:
            self.panel.notify(f"{error.field}: {error.problem}", error.allowed)
            return
        finally:
            self._shown.show_activity(None)
        self._state.draft = Draft.of(as_it_stands(branch))
        self._begin(branch)

    def _start(self) -> None:
        if self._state.draft.problems:
            return self._shown.show_form()
        if self.run.status not in ("ready", "running"):
            self._begin(Run(self._config))
        if "start" in self.run.can:
            self.run.start()
        return None

    def _step(self, n: int) -> None:
        if not self._state.draft.problems:
            self.run.step(n)

    def _reset(self) -> None:
        if "stop" in self.run.can:
            self.run.stop()
            self.run.wait()
        self._begin(Run(self.run.config if self._state.draft.problems else self._config))

    # Runs

    def _begin(self, *runs: Run) -> None:
        """Make the last of `runs` the current one; one before them that took no step is forgotten."""
        with self._state.lock:
            earlier = list(self._state.runs)
            self._state.runs += runs  # before others go: whoever asks meanwhile finds a current run
            for old in [r for r in earlier if r.step_count == 0]:
                self._forget(old)
            if earlier and earlier[-1].status == "paused":
                earlier[-1].stop()
            for run in runs:
                self._unsubscribe[run.id] = run.subscribe(partial(self._changed, run))
                if self._screen is not None:
                    self._screen.add(run)
            if self._screen is not None:
                self._screen.show_run()

    def _forget(self, run: Run) -> None:
        self._state.runs.remove(run)
        self._unsubscribe.pop(run.id)()
        if self._screen is not None:
            self._screen.remove(run)

    def _changed(self, run: Run) -> None:
        if self._screen is not None and run is self.run:
            self._screen.follow(run)
