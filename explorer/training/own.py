"""A train step of somebody's own, run as ours: started, paused, stopped and watched, in a thread of its own."""

from __future__ import annotations

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from typing import Any, NamedTuple, Self

import jax
import numpy as np

from explorer import ending
from explorer.errors import FieldError, TransitionError
from explorer.training.given import whole
from explorer.training.recorder import Recorder
from explorer.training.status import Status

AHEAD = 2  # steps that are started before the first of them is done: a pause waits for these
TREES = ("grads", "params", "updates")
CAN: dict[str, tuple[str, ...]] = {
    "ready": ("start", "step", "stop"),
    "running": ("pause", "stop"),
    "paused": ("resume", "step", "stop"),
}
_log = logging.getLogger("explorer")


class _Started(NamedTuple):
    step: int
    before: Any  # the carry that it started from
    metrics: Any


class OwnRun(Recorder):
    """Trains by a step function of your own; make one with `explorer.train(step=...)`.

    Args:
      step: (carry, batch) -> (carry, metrics). The metrics are the loss, or a mapping of numbers by name ("loss"
        among them), in which "grads" and "updates" may be pytrees. It is compiled with `jax.jit`, unless it is already.
      carry: what the first step starts from, such as (params, opt_state).
      batches: what the steps take, one after the other; where it ends early, it is gone through again.
      steps: how many; None for one pass over the batches.
      params: (carry) -> params, whose norms are measured. Without it: the carry's attribute or entry "params", or the
        first of a tuple.
      jit: whether to compile the step; a step that needs more than arrays must not be.
      title: what is trained, for the header.
      diagnostics: steps between measurements; 0 for none.

    Raises:
      FieldError: an argument is not what it should be.
    """

    def __init__(
        self,
        step: Callable[[Any, Any], tuple[Any, Any]],
        carry: Any,
        batches: Iterable[Any],
        *,
        steps: int | None = None,
        params: Callable[[Any], Any] | None = None,
        jit: bool = True,
        title: str | None = None,
        diagnostics: int = 10,
    ) -> None:
        if not callable(step):
            raise FieldError("step", f"must be a function (carry, batch) -> (carry, metrics); you gave {step!r}.", "")
        if not isinstance(batches, Iterable):
            raise FieldError("batches", f"must be something to iterate over; you gave {type(batches).__name__}.", "")
        count = len(batches) if steps is None and isinstance(batches, Sized) else steps
        name = title or f"Your train step {getattr(step, '__name__', '')}".strip()
        super().__init__(name, steps=count, diagnostics=diagnostics)
        self.function = step
        self.carry = carry  # as it stands; after a divergence, as it was before the step that diverged
        self.error: Exception | None = None
        self._call = step if not jit or hasattr(step, "lower") else jax.jit(step)
        self._batches = _again_and_again(batches, steps is not None)
        self._params = params or _params_of
        self._taken = 0
        self._state: Status = "ready"
        self._wanted: Status = "running"
        self._until: float = math.inf
        self._changed = threading.Condition(threading.RLock())
        self._runner: threading.Thread | None = None

    # What is

    @property
    def status(self) -> str:
        """One of ready, running, paused, finished, stopped, diverged, failed."""
        return self._state

    @property
    def can(self) -> tuple[str, ...]:
        """The commands that the status permits."""
        return CAN.get(self._state, ())

    @property
    def step_count(self) -> int:
        """The number of steps taken."""
        return self._taken

    @property
    def problem(self) -> tuple[str, str] | None:
        """What ended the run before its time: a title and a sentence; None where it failed by an exception."""
        if self._state != "diverged":
            return None
        step = self._taken + 1
        text = "The carry is the one from before that step, unless your step function was given it for good (donated)."
        return f"Stopped at step {step:,}: the loss was not finite", text

    # Commands

    def start(self) -> Self:
        """Begin training; returns at once. Raises TransitionError unless ready."""
        return self._go("start", math.inf)

    def resume(self) -> Self:
        """Go on after a pause; returns at once. Raises TransitionError unless paused."""
        return self._go("resume", math.inf)

    def step(self, n: int = 1) -> Self:
        """Take n steps and pause; returns at once. Raises TransitionError unless ready or paused."""
        return self._go("step", self._taken + whole("n", n))

    def pause(self) -> Self:
        """Ask the run to pause after the steps that are started."""
        return self._want("pause", "paused")

    def stop(self) -> Self:
        """End the run for good; what it recorded stays."""
        return self._want("stop", "stopped")

    def wait(self, timeout: float | None = None) -> Self:
        """Wait until the run is no longer running.

        Args:
          timeout: seconds; None for as long as it takes.

        Raises:
          TimeoutError: it was still running then.
          Exception: what the step raised, if the run failed.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._runner is None, timeout):
                raise TimeoutError(f"still running after {timeout} s, at step {self._taken:,}")
        if self.error is not None:
            raise self.error
        return self

    # The machinery

    def _check(self, command: str) -> None:
        if command not in self.can:
            allowed = ", ".join(self.can) or "none: start a new run"
            raise TransitionError(f"cannot {command} a run that is {self._state}; possible now: {allowed}")

    def _go(self, command: str, until: float) -> Self:
        with self._changed:
            self._check(command)
            self._until, self._wanted, self._state = until, "running", "running"
            self._runner = threading.Thread(target=self._train, name=f"explorer-{self.id}", daemon=True)
            ending.start(self._runner, self._leave)
        self._notify()
        return self

    def _want(self, command: str, status: Status) -> Self:
        with self._changed:
            self._check(command)
            self._wanted = status
            if self._state != "running":
                self._state = status
        self._notify()
        return self

    def _leave(self) -> None:
        """Stop at the end of the process, when nobody may hear of it any more."""
        self._listeners.clear()
        self._wanted = "stopped"

    def _train(self) -> None:
        state: Status = "failed"
        try:
            state = self._take_steps()
        except Exception as error:  # reaches the screen through the status, and whoever waits
            self.error = error
            _log.debug("the run failed", exc_info=True)
        self._reader.flush()
        with self._changed:
            self._state = state
        self._notify()  # before those that wait go on, so that they find it on screen
        with self._changed:
            if self._runner is threading.current_thread():
                self._runner = None
            self._changed.notify_all()

    def _take_steps(self) -> Status:
        started: deque[_Started] = deque()
        over = False
        while True:
            last = self._taken + len(started)
            over = over or (self.steps is not None and last >= self.steps)
            if not over and self._wanted == "running" and last < self._until:
                try:
                    started.append(self._start(last + 1, next(self._batches)))
                except StopIteration:
                    over = True
            elif not started:
                break
            if started and (len(started) > AHEAD or over or self._wanted != "running" or last + 1 >= self._until):
                if not self._done(started[0]):
                    return "diverged"
                started.popleft()
        if over:
            return "finished"
        return "stopped" if self._wanted == "stopped" else "paused"

    def _start(self, step: int, batch: Any) -> _Started:
        """Start a step, and hand over what it will come to."""
        before = self.carry
        returned = self._call(before, batch)
        if not isinstance(returned, tuple) or len(returned) != 2:
            problem = f"must return (carry, metrics); it returned {type(returned).__name__}."
            raise FieldError("step", problem, "Such as (params, opt_state), loss.")
        self.carry, metrics = returned
        numbers = dict(metrics) if isinstance(metrics, Mapping) else {"loss": metrics}
        trees = {name: numbers.pop(name) for name in TREES if name in numbers}
        if "params" not in trees and self.measuring.every:
            found = self._params(self.carry)
            if found is not None:
                trees["params"] = found
        self(step, **numbers, **trees)
        return _Started(step, before, numbers)

    def _done(self, started: _Started) -> bool:
        """Wait for a step, and return whether its loss is finite."""
        loss = started.metrics.get("loss")
        finite = loss is None or bool(np.isfinite(np.asarray(loss)).all())
        if finite:
            self._taken = started.step
        else:
            self._reader.flush()
            self.kept.cut(started.step)  # the steps after it were started before it was done
            self.carry = started.before
        return finite


def _again_and_again(batches: Iterable[Any], again: bool) -> Iterator[Any]:
    """Yield the batches, and where they end, those of the next pass, if there is one."""
    some = True
    while some:
        some = False
        for batch in batches:
            some = again
            yield batch
        again = again and iter(batches) is not batches  # an iterator is over when it is over


def _params_of(carry: Any) -> Any:
    """Return the params in a carry: by their name, else the first of a tuple; None where that holds no arrays."""
    if hasattr(carry, "params"):
        found = carry.params
    elif isinstance(carry, Mapping) and "params" in carry:
        found = carry["params"]
    else:
        found = carry[0] if isinstance(carry, tuple) and carry else carry
    arrays = [leaf for leaf in jax.tree.leaves(found) if hasattr(leaf, "dtype")]
    return found if any(jax.numpy.issubdtype(leaf.dtype, jax.numpy.floating) for leaf in arrays) else None
