"""`explorer.watch`: every trace and compile of the code inside, and why it happened."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Self

import jax

from explorer.compiler.frames import is_explorer, known_as
from explorer.compiler.spoken import Spoken
from explorer.compiler.watch import listening, report
from explorer.compiler.watch.cause import LATER, TRANSFORMED, UNKNOWN, Call, cause_of
from explorer.compiler.watch.difference import differences
from explorer.compiler.watch.event import Event, site_of
from explorer.compiler.watch.listening import Heard
from explorer.compiler.watch.seen import Function, change
from explorer.records import Record

MOST_EVENTS = 10_000  # what is kept; a session that is watched for days forgets the oldest
MOST_CALLS = 200  # of one function that a new trace is compared with


@dataclass
class _Open:
    """An event that may still be lowered and compiled; `number` is its place in the list."""

    number: int
    name: str
    call: Call | None


class Watcher(Spoken):
    """What was traced and compiled while it watched; shows itself as a table by line of code.

    Make one with `explorer.watch()`. It can be used from several threads and inside another watch.
    """

    kind: ClassVar[str] = "watch"
    follows: ClassVar[str | None] = "explorer.app.watched"

    def __init__(self, *, live: bool = False) -> None:
        self.live = live
        self.error: BaseException | None = None
        self._events: list[Event] = []
        self._dropped = 0
        self._calls: dict[tuple[Any, ...], list[Call]] = defaultdict(list)
        self._open: dict[int, list[_Open]] = defaultdict(list)  # by thread
        self._lock = threading.RLock()
        self._depth = 0
        self._began = time.perf_counter()
        self._watched_s = 0.0
        self._subscribers: list[Callable[[], Any]] = []
        if live:
            self.start()

    def start(self) -> Self:
        """Begin to watch, or go on; returns itself."""
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self._began = time.perf_counter() - self._watched_s
                listening.listen(self._hear)
        self._tell()
        return self

    def stop(self) -> Self:
        """Stop watching; what was seen is kept. Returns itself."""
        with self._lock:
            self._depth = max(self._depth - 1, 0)
            if not self._depth:
                listening.leave(self._hear)
                self._watched_s = time.perf_counter() - self._began
        self._tell()
        return self

    def __enter__(self) -> Self:
        return self if self.live and self.watching else self.start()

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.error = error or self.error
        self.stop()

    @property
    def watching(self) -> bool:
        """Whether it watches now."""
        return self._depth > 0

    @property
    def events(self) -> tuple[Event, ...]:
        """Every trace and compile that was seen, the oldest first; JAX's own helpers have `own` set."""
        with self._lock:
            return tuple(self._events)

    @property
    def causes(self) -> Mapping[str, int]:
        """How many of the traces and compiles of your own functions had each cause, such as {"shape": 3}."""
        found: dict[str, int] = defaultdict(int)
        for event in self.events:
            if not event.own:
                found[event.cause.kind] += 1
        return dict(found)

    @property
    def subtitle(self) -> str:
        """One line on what is shown, for the panel's header."""
        return "What was traced and compiled, and why"

    @property
    def device(self) -> str:
        """JAX's default device, such as "cpu:0"."""
        return str(jax.devices()[0])

    @property
    def seconds(self) -> float:
        """How long it has watched."""
        return time.perf_counter() - self._began if self.watching else self._watched_s

    @property
    def sentence(self) -> str:
        """The whole in one or two sentences."""
        return report.sentence(self.events, self.watching)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values: the sentence, the causes, and each event."""
        return {
            "sentence": self.sentence,
            "seconds": self.seconds,
            "causes": dict(self.causes),
            "events": [event.to_dict() for event in self.events],
        }

    def records(self) -> dict[str, Record]:
        """Return what is shown, by key."""
        ended = f"{type(self.error).__name__}: {self.error}" if self.error is not None else None
        return {"retraces": report.record(self.events, self.seconds, self.watching, ended, self._dropped)}

    def subscribe(self, changed: Callable[[], Any]) -> None:
        """Call `changed()` after each event, in the thread in which it happened; it must be quick."""
        self._subscribers.append(changed)

    def unsubscribe(self, changed: Callable[[], Any]) -> None:
        """Call it no more."""
        if changed in self._subscribers:
            self._subscribers.remove(changed)

    def __repr__(self) -> str:
        return f"<Watcher: {self.sentence}>"

    def __str__(self) -> str:
        return report.text(self.events, self.watching)

    def _tell(self) -> None:
        for changed in list(self._subscribers):
            changed()

    def _hear(self, heard: Heard) -> None:
        with self._lock:
            if not self._depth or (heard.place is not None and is_explorer(heard.place.file)):
                return
            opened = self._match(heard) or self._begin(heard)
            event = self._events[opened.number - self._dropped] if opened.number >= self._dropped else None
            if event is not None:
                self._events[opened.number - self._dropped] = event.after(heard.step, heard.milliseconds)
        self._tell()

    def _match(self, heard: Heard) -> _Open | None:
        """Return the event that a lowering or compiling belongs to: the latest of that name in its thread."""
        if heard.step == "trace":
            return None
        for opened in reversed(self._open[heard.thread]):
            if opened.name != heard.name:
                continue
            event = self._events[opened.number - self._dropped] if opened.number >= self._dropped else None
            if event is None:
                return None
            if getattr(event, f"{heard.step}_ms") is None or heard.call is None or opened.call is None:
                return opened
            # Compiled already: a backward pass, or the derivative's own program, belongs to the same call.
            same = change(opened.call.function, heard.call.function) == "same"
            here = heard.place == opened.call.place
            return opened if here and same and not differences(opened.call.signature, heard.call.signature) else None
        return None

    def _begin(self, heard: Heard) -> _Open:
        call, cause, function = heard.call, UNKNOWN, None
        if call is not None:
            function = call.function
            known = self._calls[function.key]
            earlier = known or heard.before
            cause = cause_of(call, earlier, heard.explanation)
            if heard.step != "trace" and earlier and call.signature.transformed:
                cause = TRANSFORMED
            elif heard.step != "trace" and cause.kind == "again":  # nothing was traced, so nothing was dropped
                cause = LATER
            known.append(call)
            del known[:-MOST_CALLS]
        elif heard.step != "trace":
            cause = LATER
        event = Event(
            function=_name(function, heard),
            definition=_definition(function),
            own=function is not None and function.whose == "hidden",
            site=site_of(heard.place),
            arguments=call.signature.words if call else "",
            cause=cause,
            seconds=time.perf_counter() - self._began,
        )
        self._events.append(event)
        if len(self._events) > MOST_EVENTS:
            del self._events[0]
            self._dropped += 1
        opened = _Open(self._dropped + len(self._events) - 1, heard.name, call)
        self._open[heard.thread] = [*self._open[heard.thread][-20:], opened]
        return opened


def _name(function: Function | None, heard: Heard) -> str:
    if function is None or function.whose == "hidden" or not function.file:
        return heard.name or (function.name if function else "a function")
    return function.name


def _definition(function: Function | None) -> str:
    return f"{known_as(function.file)}, line {function.line:,}" if function and function.file else ""


def watch(*, live: bool = False) -> Watcher:
    """Watch what JAX traces and compiles, and say why.

        with explorer.watch() as watched:
            for batch in batches:
                step(params, batch)
        watched                                # shows itself; or print(watched)

    Args:
      live: begin at once and go on until `.stop()`; shown as a cell's last expression, it follows along.

    Returns:
      A Watcher: a context, with `.start()` and `.stop()`, `.events`, `.causes`, `.to_json()`, `.save(path)`.
    """
    return Watcher(live=live)
