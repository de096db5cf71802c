"""A run: training in a thread of its own, with commands that apply between compiled calls.

The thread lives only while the status is "running", so nothing is left over by a run that is paused or done.
"""

from __future__ import annotations

import importlib
import itertools
import logging
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jax

from explorer import ending
from explorer.catalog import targets
from explorer.catalog.contract import PyTree
from explorer.display import plotted
from explorer.errors import FieldError, TransitionError
from explorer.gradients.asked import Asked
from explorer.records import Record
from explorer.training.calls import Call, Calls, Made
from explorer.training.checkpoints import Checkpoint, Checkpoints, Taken
from explorer.training.config import Event, RunConfig, Turn
from explorer.training.divergence import Divergence
from explorer.training.followed import Followed
from explorer.training.history import History
from explorer.training.live import LiveChanges
from explorer.training.precision import cast, precision
from explorer.training.setup import setup
from explorer.training.status import COMMANDS, FOLLOWS, Status
from explorer.training.step import Carry

_ids = itertools.count(1)
_log = logging.getLogger("explorer")


class Run(Asked, Followed):
    """One training run.

    Args:
      config: what to train; fields at None take the model's defaults.
      events: live changes to replay, each applied after its step, as in the run they come from.
      taken: where to begin instead of at the first step, for what goes on from another run.

    Raises:
      FieldError: the configuration cannot be used.
    """

    kind = "run"
    follows = "explorer.app.run_panel"

    def __init__(self, config: RunConfig, *, events: Iterable[Event] = (), taken: Taken | None = None) -> None:
        super().__init__()
        self.setup = setup(config)
        self.config = self.setup.config
        self.begun = self.config  # a branch begins with the settings of the run that it is of,
        self.turns: tuple[Turn, ...] = ()  # and changes these on the way
        self.branched_at: int | None = None
        point = taken.point if taken else None
        self.taken_at = point.step if point else 0
        self.checkpoints = Checkpoints(point)
        self.id = f"run-{next(_ids)}"
        self.history = taken.history if taken else History()
        self.activity: str | None = None  # what is being compiled
        self.error: Exception | None = None
        self.divergence: Divergence | None = None
        self._status: Status = taken.status if taken else "ready"
        self._wanted: Status = "running"
        self._until = self._steps
        self._step = self.taken_at
        self._carry: Carry | None = point.carry if point else None
        self._changes = LiveChanges(self.setup.optimizer, self.history, events, point.rate if point else None)
        self._lock = threading.Condition(threading.RLock())
        self._thread: threading.Thread | None = None
        self._calls = Calls(self.setup, self.history, self._begin)
        self._ahead: Call | None = None  # computes already, from where the run stands; only the training thread knows

    # What is

    @property
    def status(self) -> Status:
        """One of ready, running, paused, finished, stopped, diverged, failed."""
        return self._status

    @property
    def step_count(self) -> int:
        """The number of steps taken."""
        return self._step

    @property
    def params(self) -> PyTree:
        """The params as they stand; a pytree of arrays that later steps do not change."""
        return self.carry.params

    @property
    def opt_state(self) -> PyTree:
        """The optimizer's state as it stands."""
        return self.carry.opt_state

    @property
    def carry(self) -> Carry:
        """Params, model state and optimizer state as they stand."""
        with self._lock:
            if self._carry is None:
                self._carry = self.setup.initial()
            return self._carry

    @property
    def steps_per_second(self) -> float | None:
        """Steps a second as last measured; None before the first call."""
        return self._calls.steps_per_second

    @property
    def seconds_per_step(self) -> float | None:
        """What a step takes, seconds: the median over its last ones, without compiling; None before the first."""
        return self._calls.seconds_per_step

    @property
    def events(self) -> list[Event]:
        """Each live change as (step, field, value)."""
        with self.history.lock:
            return list(self.history.events)

    @property
    def rate(self) -> float | None:
        """The learning rate as it was last asked for; None where the optimizer sets its own."""
        with self._lock:
            return self._changes.asked_rate

    @property
    def can(self) -> tuple[str, ...]:
        """The commands that the status permits."""
        return COMMANDS[self._status]

    @property
    def _steps(self) -> int:
        assert self.config.steps is not None
        return self.config.steps

    def snapshot(self) -> tuple[int, Carry]:
        """Return the steps taken and the carry after them, which belong together."""
        with self._lock:
            return self._step, self.carry

    def rows_after(self, step: int) -> Any:
        """Return which training examples the step after `step` steps takes, i32[batch_size]."""
        return self._calls.order.at(step)

    def batch_after(self, step: int) -> Any:
        """Return the batch that the step after `step` steps takes."""
        rows = self.rows_after(step)
        return jax.device_put(
            cast({k: v[rows] for k, v in self.setup.dataset.train.items()}, self.config.dtype),
            self.setup.device,
        )

    # Commands

    def start(self) -> Run:
        """Begin training; returns at once. Raises TransitionError unless ready."""
        return self._go("start", self._steps)

    def resume(self) -> Run:
        """Go on after a pause; returns at once. Raises TransitionError unless paused."""
        return self._go("resume", self._steps)

    def step(self, n: int = 1) -> Run:
        """Take n steps and pause; returns at once. Raises TransitionError unless ready or paused."""
        if not isinstance(n, int) or n < 1:
            raise FieldError("n", f"must be a whole number above 0; you gave '{n}'.", "")
        return self._go("step", min(self._step + n, self._steps))

    def pause(self) -> Run:
        """Ask the run to pause after the compiled call that is under way (about 40 ms)."""
        return self._want("pause", "paused")

    def stop(self) -> Run:
        """End the run for good; what it recorded stays."""
        return self._want("stop", "stopped")

    def go_back(self) -> Run:
        """After a divergence: return to the state before the step that made it, paused."""
        with self._lock:
            self._check("go_back")
            assert self.divergence is not None
            self._carry, self._step = self.divergence.good, self.divergence.step - 1
            self.history.cut(self._step)
            self.checkpoints.cut(self._step)
            self.divergence = None
            self._set_status("paused")
        return self

    def branch(self, step: int, **changes: Any) -> Run:
        """Return a run that is this one up to a step, bit for bit, and goes on from there with other settings.

        It is taken up at the nearest state that this run keeps, and the steps from there are taken again. A run keeps
        the state after at most 16 of its steps, evenly spread, and at most 64 MiB of them in all; the one before its
        first step the seed makes again. So a branch takes about an eighth of the run's steps again at most, where its
        states are small, and this run stays as it is.

        Args:
          step: steps taken before anything changes; 0 is the beginning.
          changes: fields of `RunConfig`, or options of the optimizer by their own name, such as learning_rate=0.01.
            The optimizer's state goes on, but for another optimizer, which begins anew. The params must stay of the
            same shapes. Without changes it is the same run again.

        Returns:
          The branch, paused at that step (at 0, ready): `.resume()` goes on. It shares nothing that changes.

        Raises:
          FieldError: there is no such step, or a setting cannot be used from there.
        """
        branching = importlib.import_module("explorer.training.branch")  # which knows of runs itself
        branch: Run = branching.branch_of(self, step, changes)
        return branch

    def wait(self, timeout: float | None = None) -> Run:
        """Wait until the run is no longer running.

        Args:
          timeout: seconds; None for as long as it takes.

        Raises:
          TimeoutError: it was still running then.
          Exception: what the model or the optimizer raised, if the run failed.
        """
        with self._lock:
            if not self._lock.wait_for(lambda: self._thread is None, timeout):
                raise TimeoutError(f"still running after {timeout} s, at step {self._step:,}")
        if self.error is not None:
            raise self.error
        return self

    def set(self, **changes: Any) -> Run:
        """Change what may change while the run goes on; applies before the next compiled call.

        Args:
          changes: `learning_rate=...` (whatever the optimizer calls it), a number above 0.

        Raises:
          FieldError: the field cannot change, or the value is not allowed.
          TransitionError: the run is over.
        """
        checked = self._changes.checked(changes)
        with self._lock:
            self._check("set")
            self._changes.ask(checked)
            if self._status != "running":
                self._apply_changes()
            self._notify()
        return self

    @property
    def title(self) -> str:
        """What stands in a notebook where widgets cannot be shown."""
        return f"Run {self.id}"

    @property
    def subtitle(self) -> str:
        """What is trained on what."""
        return f"{self.setup.model.title} on {self.setup.dataset.title}"

    @property
    def device(self) -> str:
        """Where it runs, as people read it."""
        return str(targets.describe(self.config.device)["title"])

    @property
    def ui(self) -> dict[str, Any]:
        """The browser's state to start from."""
        return {"tab": "learn"}

    def records(self) -> dict[str, Record]:
        """Return what a panel shows, by key."""
        return _shown().records_of(self)

    def page_records(self) -> dict[str, Record]:
        """Return what a page shows: its curves and gradients too."""
        return _shown().page_records_of(self)

    def save(self, path: str | Path) -> Path:
        """Write the run into a folder, for `explorer.load`; or as one HTML page, where the path ends in .html.

        Args:
          path: of a new folder, or one that holds a saved run, which this one replaces. It gets config.json (settings,
            status, live changes, versions), history.npz (each column's steps and values), params.npz, state.npz and
            opt_state.npz, none of them with pickle.

        Returns:
          The path.

        Raises:
          FieldError: the path is neither.
        """
        kept = importlib.import_module("explorer.training.kept")  # which knows of runs itself
        return super().save(path) if kept.is_page(path) else Path(kept.save_run(self, path))

    def plot(self, *columns: str, log: bool = False) -> Any:
        """Return columns of the history as a plotly figure; the loss and the held-out loss where none is named.

        Args:
          columns: such as "loss" or "grad_norm/w".
          log: whether the axis of the values is logarithmic.
        """
        return plotted(self, columns, log)

    def __repr__(self) -> str:
        return f"<Run {self.id}: {self._status}, step {self._step:,} of {self._steps:,}>"

    # The machinery

    def _check(self, command: str) -> None:
        if command not in self.can:
            allowed = ", ".join(self.can) or "none: start a new run"
            raise TransitionError(f"cannot {command} a run that is {self._status}; possible now: {allowed}")

    def _set_status(self, status: Status) -> None:
        assert status in FOLLOWS[self._status], (self._status, status)
        self._status = status
        self._lock.notify_all()
        self._notify()

    def _go(self, command: str, until: int) -> Run:
        with self._lock:
            self._check(command)
            self._until, self._wanted = until, "running"
            self._set_status("running")
            self._thread = threading.Thread(target=self._work, name=f"explorer-{self.id}", daemon=True)
            ending.start(self._thread, self._leave)
        return self

    def _begin(self, activity: str | None) -> None:
        self.activity = activity
        self._notify()

    def _leave(self) -> None:
        """Stop at the end of the process, when nobody may hear of it any more."""
        self._listeners.clear()
        self._wanted = "stopped"

    def _want(self, command: str, status: Status) -> Run:
        with self._lock:
            self._check(command)
            if self._status == "running":
                self._wanted = status
            else:
                self._set_status(status)
        return self

    def _work(self) -> None:
        status: Status = "failed"
        try:
            with (
                ThreadPoolExecutor(1, "explorer-shuffle") as pool,
                precision(self.config.dtype),
                jax.default_device(self.setup.device),
            ):
                self._calls.prepare(self.carry, self._step, pool)
                while self._wanted == "running" and self._step < self._until and self.divergence is None:
                    self._advance(pool)
            status = self._outcome()
        except Exception as error:  # reaches the screen through the status, and whoever waits
            self.error = error
            _log.debug("the run failed", exc_info=True)
        finally:
            ahead, self._ahead = self._ahead, None
            with self._lock:
                self.activity = None
                self._thread = None
                self._set_status(status)
            if ahead is not None:  # not wanted any more, but a process must not end while XLA computes
                jax.block_until_ready(ahead.returned)

    def _outcome(self) -> Status:
        if self.divergence is not None:
            return "diverged"
        if self._step >= self._steps:
            return "finished"
        return "stopped" if self._wanted == "stopped" else "paused"

    def _advance(self, pool: ThreadPoolExecutor) -> None:
        """Wait for a compiled call, start the next, and tell of the one while the other computes."""
        with self._lock:
            if self._apply_changes():
                self._ahead = None  # it started before the change: its steps are taken again, with it
            carry, step = self.carry, self._step
        call = self._ahead or self._start(carry, step, pool)
        made = self._calls.finish(call)
        self._ahead = self._start(made.carry, made.step, pool) if self._goes_on(made) else None
        self._calls.record(call, made)
        with self._lock:
            self._carry, self._step, self.divergence = made.carry, made.step, made.divergence
            if made.divergence is None:
                self.checkpoints.add(Checkpoint(made.step, made.carry, self._changes.rate))
        self._notify()

    def _start(self, carry: Carry, step: int, pool: ThreadPoolExecutor) -> Call:
        changes_after = self._changes.next_step
        until = self._until if changes_after is None else min(self._until, changes_after)
        return self._calls.start(carry, step, until, self._changes.rate, pool)

    def _goes_on(self, made: Made) -> bool:
        """Return whether the next call can start from what this one made, as far as is known yet."""
        computing = self._wanted == "running" and made.divergence is None and made.step < self._until
        return computing and not self._changes.waiting(made.step)

    def _apply_changes(self) -> bool:
        """Apply live changes, asked for or replayed, after the step that the run stands at; say whether any were."""
        carry = self._changes.applied(self.carry, self._step)
        if carry is not None:
            self._carry = carry
        return carry is not None


def _shown() -> Any:
    """Return the module that makes a run's records, which knows of runs itself."""
    return importlib.import_module("explorer.training.shown")
