"""Changes while a run goes on: which fields may change, what was asked for or is replayed, and when it applies."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from explorer.catalog.optimizers.optimizer import Optimizer
from explorer.errors import FieldError
from explorer.training.config import Event
from explorer.training.history import History
from explorer.training.step import Carry


class LiveChanges:
    """The live changes of one run; whoever calls holds the run's lock.

    Args:
      optimizer: the optimizer as set up, whose one live field may change.
      history: where each change is recorded as it applies.
      events: changes to replay, each applied after its step.
      rate: the learning rate that holds at first, where it is not that of the optimizer's options.
    """

    def __init__(
        self, optimizer: Optimizer, history: History, events: Iterable[Event], rate: float | None = None
    ) -> None:
        self.optimizer = optimizer
        self.history = history
        self._scheduled = sorted((Event(*event) for event in events), key=lambda event: event.step)
        self._pending: list[tuple[str, float]] = []
        first: float | None = optimizer.options[optimizer.live] if optimizer.live else None
        self.rate = first if rate is None else rate

    @property
    def asked_rate(self) -> float | None:
        """The learning rate as it was last asked for; None where the optimizer sets its own."""
        return self._pending[-1][1] if self._pending else self.rate

    @property
    def next_step(self) -> int | None:
        """The step after which the next replayed change applies, if there is one."""
        return self._scheduled[0].step if self._scheduled else None

    def waiting(self, step: int) -> bool:
        """Return whether a change applies once the run stands at `step`."""
        return bool(self._pending) or (self.next_step is not None and self.next_step <= step)

    def checked(self, changes: dict[str, Any]) -> dict[str, float]:
        """Return the changes with their values as numbers.

        Raises:
          FieldError: the field cannot change, or the value is not allowed.
        """
        live = self.optimizer.live
        for field in changes:
            if field != live:
                allowed = f"Only '{live}' can." if live else str(self.optimizer.why_not_live)
                raise FieldError(field, "cannot be changed while a run goes on.", allowed)
        return {field: positive(field, value) for field, value in changes.items()}

    def ask(self, changes: dict[str, float]) -> None:
        """Take changes, which `checked` returned, for the next time that changes apply."""
        self._pending += changes.items()

    def applied(self, carry: Carry, step: int) -> Carry | None:
        """Return the carry with every change that applies after `step`, and record them; None where none does."""
        while self._scheduled and self._scheduled[0].step <= step:
            event = self._scheduled.pop(0)
            self._pending.append((event.field, event.value))
        if not self._pending:
            return None
        for field, value in self._pending:
            carry = carry._replace(opt_state=self.optimizer.set_live(carry.opt_state, value))
            self._record(Event(step, field, value))
            self.rate = value
        self._pending.clear()
        return carry

    def _record(self, event: Event) -> None:
        with self.history.lock:
            events = self.history.events
            if events and events[-1][:2] == event[:2]:
                events.pop()  # moved again before any step was taken
            events.append(event)


def positive(field: str, value: Any) -> float:
    """Return the value as a float above 0.

    Raises:
      FieldError: it is not a finite number above 0.
    """
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (number > 0 and math.isfinite(number)):
        raise FieldError(field, f"must be a number above 0; you gave '{value}'.", "")
    return number
