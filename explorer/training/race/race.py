"""`explorer.race`: several settings from the same first params over the same batches, each at its own learning rate."""

from __future__ import annotations

import importlib
import itertools
import logging
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, ClassVar, Self

from explorer import ending
from explorer.catalog import targets
from explorer.errors import FieldError, TransitionError
from explorer.records import Record
from explorer.training.config import Choice, RunConfig
from explorer.training.followed import Followed
from explorer.training.given import whole
from explorer.training.names import names
from explorer.training.race.lane import Lane
from explorer.training.race.seeds import side_by_side
from explorer.training.race.standing import Table, table_of
from explorer.training.range_test import tried
from explorer.training.run import Run
from explorer.training.setup import setup

MOST = 64  # runs in one race
_ids = itertools.count(1)
_log = logging.getLogger("explorer")


class Race(Followed):
    """A race; make one with `explorer.race`. It shows itself in a notebook, live.

    Args:
      configs: the contestants' settings, filled.
      called: their names.
      tune: which of them look for their learning rate by a range test first.
      seeds: runs of each contestant, from its seed on.
    """

    kind: ClassVar[str] = "race"
    follows: ClassVar[str | None] = "explorer.app.race_panel"

    def __init__(self, configs: Sequence[RunConfig], called: Sequence[str], tune: Sequence[bool], seeds: int) -> None:
        super().__init__()
        self.id = f"race-{next(_ids)}"
        self.lanes = [Lane(name, config) for name, config in zip(called, configs, strict=True)]
        self.seeds = seeds
        self.status = "ready"  # then running; finished, stopped or failed
        self.activity: str | None = None
        self.error: Exception | None = None
        self._tune = list(tune)
        self._run: Run | None = None  # the one that trains now
        self._wanted = True
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    # What is

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run that was begun, a contestant's seeds one after the other."""
        return tuple(run for lane in self.lanes for run in lane.runs)

    @property
    def steps(self) -> int:
        """The steps that all take: those of the shortest."""
        return min(int(lane.config.steps or 0) for lane in self.lanes)

    @property
    def taken(self) -> int:
        """The steps that all runs took together."""
        return sum(run.step_count for run in self.runs)

    @property
    def total(self) -> int:
        """The steps that all runs are to take together."""
        return sum(int(lane.config.steps or 0) for lane in self.lanes) * self.seeds

    @property
    def how(self) -> str:
        """Which way it ran, in a sentence."""
        if self.seeds == 1:
            return "Each ran alone on the device, one after the other."
        beside = [lane.name for lane in self.lanes if lane.side_by_side]
        plain = "The seeds ran one after the other"
        if not beside:
            return f"{plain}: side by side in one program (vmap) was not measured to be faster."
        who = "every contestant" if len(beside) == len(self.lanes) else ", ".join(beside)
        return (
            f"{plain}, but those after the first side by side in one program (vmap), measured to be faster, for {who}."
        )

    @property
    def fair(self) -> str:
        """What is the same for all, in a sentence."""
        first = self.lanes[0].config
        others = [lane.config for lane in self.lanes[1:]]
        same = lambda *fields: all(getattr(c, f) == getattr(first, f) for c in others for f in fields)  # noqa: E731
        params = same("model", "dataset", "seed", "dtype")
        batches = same("dataset", "seed", "batch_size")
        if params and batches:
            return "All begin with the same params and see the same batches in the same order."
        if params:
            return "All begin with the same params; they do not see the same batches."
        return f"They begin with params of their own, and see {'the same' if batches else 'other'} batches."

    def table(self) -> Table:
        """Return how they stand: a sequence of dicts, the best by steps first; see `Table`."""
        return table_of(self.lanes, self.steps)

    # Commands

    @property
    def can(self) -> tuple[str, ...]:
        """The commands that the status permits."""
        return {"ready": ("start",), "running": ("stop",)}.get(self.status, ())

    def start(self) -> Self:
        """Begin; returns at once. Raises TransitionError unless ready."""
        with self._changed:
            self._check("start")
            self.status = "running"
            self._thread = threading.Thread(target=self._work, name=f"explorer-{self.id}", daemon=True)
            ending.start(self._thread, self._leave)
        self._notify()
        return self

    def stop(self) -> Self:
        """End it for good; what was recorded stays."""
        with self._changed:
            self._check("stop")
            self._leave()
        return self

    def wait(self, timeout: float | None = None) -> Self:
        """Wait until it is over.

        Args:
          timeout: seconds; None for as long as it takes.

        Raises:
          TimeoutError: it was not over by then.
          Exception: what a model or an optimizer raised, if it failed.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._thread is None, timeout):
                raise TimeoutError(f"still racing after {timeout} s, at step {self.taken:,} of {self.total:,}")
        if self.error is not None:
            raise self.error
        return self

    # How it shows itself

    @property
    def title(self) -> str:
        """What stands in a notebook where widgets cannot be shown."""
        return f"Race of {', '.join(lane.name for lane in self.lanes)}"

    @property
    def subtitle(self) -> str:
        """What races."""
        return self.title

    @property
    def device(self) -> str:
        """Where it runs, as people read it."""
        return str(targets.describe(self.lanes[0].config.device)["title"])

    def records(self) -> dict[str, Record]:
        """Return what a panel shows, by key."""
        return _shown().records_of(self)

    def page_records(self) -> dict[str, Record]:
        """Return what a page shows: the curves too."""
        return _shown().page_records_of(self)

    def __repr__(self) -> str:
        return f"<Race {self.id}: {self.status}>\n{self.table()!r}"

    # The machinery

    def _check(self, command: str) -> None:
        if command not in self.can:
            allowed = ", ".join(self.can) or "none: begin a new race"
            raise TransitionError(f"cannot {command} a race that is {self.status}; possible now: {allowed}")

    def _leave(self) -> None:
        self._wanted = False
        run = self._run
        if run is not None and "stop" in run.can:
            with suppress(TransitionError):  # it has just ended by itself
                run.stop()

    def _work(self) -> None:
        status = "failed"
        try:
            for lane, tune in zip(self.lanes, self._tune, strict=True):
                if tune and self._wanted:
                    self._say(f"looking for the learning rate of {lane.name}")
                    _tune(lane)
            # A seed of each after the other, so that what slows the machine for a while slows all of them.
            for seed in range(self.seeds):
                for lane in self.lanes:
                    if self._wanted and len(lane.runs) == seed:
                        self._race(lane, seed)
            status = "finished" if self._wanted else "stopped"
        except Exception as error:  # reaches the screen through the status, and whoever waits
            self.error = error
            _log.debug("the race failed", exc_info=True)
        with self._changed:
            self.status, self.activity, self._run = status, None, None
        self._notify()  # before those that wait go on, so that they find it on screen
        with self._changed:
            self._thread = None
            self._changed.notify_all()

    def _say(self, activity: str | None) -> None:
        self.activity = activity
        self._notify()

    def _race(self, lane: Lane, seed: int) -> None:
        """Train the next seed of a contestant; or all that are left at once, where that is faster."""
        left = [lane.config.but(seed=lane.config.seed + i) for i in range(seed, self.seeds)]
        time = lane.seconds_per_step
        if seed == 1 and len(left) > 1 and time is not None and lane.runs[0].divergence is None:
            self._say(f"{lane.name}: trying the other seeds side by side")
            found = side_by_side(left, time, lambda: self._wanted)
            if found is not None:
                lane.runs += found
                lane.side_by_side = True
                lane.gather()
                return self._say(None)
        run = self._run = Run(left[0])
        lane.runs.append(run)
        of = f", seed {seed + 1} of {self.seeds}" if self.seeds > 1 else ""
        self._say(f"{lane.name}{of}")
        end = run.subscribe(self._notify)
        if self._wanted:
            run.start().wait()
        end()
        lane.gather()
        return self._say(None)


def race(
    configs: Iterable[RunConfig] | None = None,
    *,
    optimizers: Iterable[str | Choice] | None = None,
    tune: str | None = "range-test",
    seeds: int = 1,
    wait: bool = True,
    progress: bool = True,
    **fields: Any,
) -> Race:
    """Race optimizers, or any settings, fairly: the same first params, the same batches, each at its own learning rate.

    Args:
      configs: settings that race as they are, at least two; with them, no other argument decides what is trained.
      optimizers: instead, names or `Choice`s of optimizers that train what `fields` say. One whose `Choice` names its
        learning rate keeps it.
      tune: "range-test" to look for each optimizer's learning rate by `lr_range_test`; None to take their defaults.
      seeds: runs of each; with more than one, the curves have bands from the least to the greatest.
      wait: whether to return when the race is over, or at once.
      progress: whether to draw a progress bar while waiting.
      fields: of `RunConfig`, for `optimizers`.

    Returns:
      The race: `.runs`, `.table()` ranked by steps and by measured time. It shows itself in a notebook.

    Raises:
      FieldError: the settings cannot be used.
      Exception: what a model raised, if it did.
    """
    if tune not in ("range-test", None):
        raise FieldError("tune", f"must be 'range-test' or None; you gave {tune!r}.", "")
    if (configs is None) == (optimizers is None):
        raise FieldError("optimizers", "or configs are needed, and not both.", "Such as optimizers=['sgd', 'adam'].")
    if configs is not None:
        if fields:
            raise FieldError(next(iter(fields)), "belongs into the configs.", "")
        plain, chosen = list(configs), []
        keeps = [True] * len(plain)
    else:
        chosen = [Choice(o) if isinstance(o, str) else o for o in optimizers or ()]
        plain = [RunConfig(**fields, optimizer=choice) for choice in chosen]
        keeps = [tune is None or "learning_rate" in choice for choice in chosen]
    count = whole("seeds", seeds)
    if not (len(plain) >= 2 and count >= 1 and len(plain) * count <= MOST):
        problem = f"must make 2 contestants or more, and at most {MOST} runs; you gave {len(plain)} times {count}."
        raise FieldError("seeds" if len(plain) >= 2 else "optimizers" if configs is None else "configs", problem, "")
    filled = [setup(config).config for config in plain]
    called = [choice.name for choice in chosen] if configs is None else []
    if len(set(called)) < len(filled):
        called = names(filled, [()] * len(filled))
    made = Race(filled, called, [not keep for keep in keeps], count)
    made.start()
    if wait:
        _wait(made, progress)
    return made


def _tune(lane: Lane) -> None:
    """Give a contestant the learning rate that a range test suggests."""
    found = setup(lane.config)
    live, optimizer = found.optimizer.live, lane.config.optimizer
    assert isinstance(optimizer, Choice)
    if live is None:
        lane.note = "finds its own learning rate"
        return
    lane.test = tried(found)
    if lane.test.suggestion is None:
        lane.note = "at its default: the range test saw the loss fall at no rate"
        return
    rate = float(f"{lane.test.suggestion:.3g}")
    lane.config = lane.config.but(optimizer=optimizer.but(**{live: rate}))


def _wait(made: Race, progress: bool) -> None:
    from tqdm.auto import tqdm

    with tqdm(total=made.total, unit="step", disable=not progress, leave=True) as bar:
        try:
            while made.status == "running":
                with suppress(TimeoutError):
                    made.wait(0.1)
                bar.set_postfix_str(made.activity or "", refresh=False)
                bar.update(made.taken - bar.n)
        except KeyboardInterrupt:
            if "stop" in made.can:
                made.stop()
        made.wait()
        bar.update(made.taken - bar.n)


def _shown() -> Any:
    """Return the module that makes a race's records, which knows of races itself."""
    return importlib.import_module("explorer.training.race.shown")
