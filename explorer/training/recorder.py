"""`explorer.Recorder`: any training loop, watched as one of ours."""

from __future__ import annotations

import importlib
import itertools
import sys
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from explorer.display import plotted
from explorer.errors import ExplorerWarning, FieldError
from explorer.records import Record
from explorer.training.followed import Followed
from explorer.training.given import kept, numbers, whole
from explorer.training.history import History
from explorer.training.measuring import Measuring
from explorer.training.reader import Call, Reader

_ids = itertools.count(1)


class Recorder(Followed):
    """Records a training loop of your own: call it once a step. As the last line of a cell it shows itself, live.

        rec = explorer.Recorder()
        rec                                   # in a cell of its own: the live view
        for step in range(1000):
            params, loss, grads = train_step(params, batch)
            rec(step, loss=loss, grads=grads, params=params)

    A call hands over and returns: what a device still computes is read later, in a thread. Only a loop that is 8,192
    calls ahead of its device waits for it. What cannot be recorded is said, with its field, and left out; the loop
    goes on.

    Args:
      title: what is trained, for the header.
      steps: how many steps there will be, where that is known; for the progress bar.
      diagnostics: calls between measurements of grads, params and updates; 0 for none.

    Raises:
      FieldError: `steps` or `diagnostics` is not a whole number.
    """

    kind: ClassVar[str] = "run"
    follows: ClassVar[str | None] = "explorer.app.recorder_panel"

    error: Exception | None = None  # what ended it, as far as that is known

    def __init__(self, title: str = "Your training loop", *, steps: int | None = None, diagnostics: int = 10) -> None:
        super().__init__()
        self.id = f"loop-{next(_ids)}"
        self.name = title
        self.steps = None if steps is None else whole("steps", steps)
        self.problems: dict[str, str] = {}  # by field: what could not be recorded, the first of each
        self.kept = History()  # what was read so far; `history` waits for the rest
        self.measuring = Measuring(whole("diagnostics", diagnostics), self._complain)
        self._reader = Reader(self.kept, self._complain, self._notify)
        self._unsaid: list[FieldError] = []
        self._begun = self._over = False

    def __call__(self, step: int, *, grads: Any = None, params: Any = None, updates: Any = None, **values: Any) -> None:
        """Hand over what one step came to.

        Args:
          step: its number, from 0 or 1; higher than that of the call before.
          grads: a pytree of gradients, f[...] each.
          params: a pytree of parameters as they stand after the step; how much a step changes them is measured from
            one call to the next.
          updates: what the step added to the params, in place of that.
          values: numbers by name, such as loss=..., accuracy=...; those of held-out data as held_out={"loss": ...}.
        """
        try:
            number = whole("step", step)
            if self._over:
                raise FieldError("step", "came after the recorder was closed.", "Make a new one.")
            found: dict[str, Any] = {}
            for name, value in numbers(values):
                try:
                    found[name] = kept(name, value)
                except FieldError as error:
                    self._complain(error)
            self._begun = True
            self._reader.put(Call(number, found, self.measuring(number, grads, params, updates)))
        except FieldError as error:
            self._complain(error)
        if self._unsaid:
            self._warn()

    # What was recorded

    @property
    def history(self) -> History:
        """Everything that was handed over so far; waits until it is read."""
        self.flush()
        return self.kept

    @property
    def step_count(self) -> int:
        """The last step that was read."""
        return self._reader.step

    @property
    def steps_per_second(self) -> float | None:
        """Calls a second as last measured; None before there were enough."""
        return self._reader.steps_per_second

    @property
    def status(self) -> str:
        """One of ready, recording, waiting (for the next call), finished (closed)."""
        if self._over:
            return "finished"
        if not self._begun:
            return "ready"
        return "recording" if self._reader.active else "waiting"

    @property
    def can(self) -> tuple[str, ...]:
        """The commands that can be given: none to a loop of somebody's own."""
        return ()

    @property
    def problem(self) -> tuple[str, str] | None:
        """What ended it before its time, where that was no exception: a title and a sentence."""
        return None

    def flush(self, timeout: float | None = None) -> Self:
        """Wait until what was handed over is read.

        Args:
          timeout: seconds; None for as long as the devices take.

        Raises:
          TimeoutError: it was not read by then.
        """
        self._reader.flush(timeout)
        if self._unsaid:
            self._warn()
        return self

    def close(self) -> None:
        """Say that the loop is over; what was recorded stays. `with explorer.Recorder() as rec:` does it too."""
        self.flush()
        self._over = True
        self._reader.end()
        self._notify()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def save(self, path: str | Path) -> Path:
        """Write what was recorded into a folder, for `explorer.load`; or as one HTML page, where it ends in .html.

        Args:
          path: of a new folder, or one that holds a saved run, which this one replaces.

        Returns:
          The path.

        Raises:
          FieldError: the path is neither.
        """
        kept = importlib.import_module("explorer.training.kept")  # which knows of recorders itself
        return super().save(path) if kept.is_page(path) else Path(kept.save_recorder(self, path))

    def take(self, history: History) -> None:
        """Hold what was recorded before, and nothing more."""
        self.kept, self._over = history, True
        self._reader.step = max((int(series.steps[-1]) for _, series in history.items() if series.length), default=0)

    def plot(self, *columns: str, log: bool = False) -> Any:
        """Return columns of the history as a plotly figure; the loss and the held-out loss where none is named.

        Args:
          columns: such as "loss" or "grad_norm/w".
          log: whether the axis of the values is logarithmic.
        """
        return plotted(self, columns, log)

    # How it shows itself

    @property
    def title(self) -> str:
        """What stands in a notebook where widgets cannot be shown."""
        return self.name

    @property
    def subtitle(self) -> str:
        """What is trained."""
        return self.name

    @property
    def device(self) -> str:
        """Where the params are, as people read it."""
        device = self.measuring.device
        return "recorded" if device is None else device.platform.upper()

    @property
    def ui(self) -> dict[str, Any]:
        """The browser's state to start from."""
        return {"tab": "learn"}

    def records(self) -> dict[str, Record]:
        """Return what a panel shows, by key."""
        return _recorded().records_of(self)

    def page_records(self) -> dict[str, Record]:
        """Return what a page shows: its curves and gradients too."""
        self.flush()
        return _recorded().page_records_of(self)

    def __repr__(self) -> str:
        return f"<Recorder {self.id}: {self.status}, step {self.step_count:,}>"

    # The machinery

    def _complain(self, error: FieldError) -> None:
        if error.field not in self.problems:
            self.problems[error.field] = f"{error.problem} {error.allowed}".strip()
            self._unsaid.append(error)

    def _warn(self) -> None:
        """Say what could not be recorded, once for each field, at the line of the loop."""
        unsaid, self._unsaid = self._unsaid, []
        level, frame = 1, sys._getframe()
        while frame.f_back is not None and frame.f_globals["__name__"].startswith("explorer."):
            level, frame = level + 1, frame.f_back
        for error in unsaid:
            warnings.warn(f"not recorded: {error}", ExplorerWarning, stacklevel=level)
        self._notify()


def _recorded() -> Any:
    """Return the module that makes a recorder's records, which knows of recorders itself."""
    return importlib.import_module("explorer.training.recorded")
