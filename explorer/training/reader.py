"""The thread that reads what a loop handed over, and keeps it: the loop itself never waits for a device."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from explorer import ending
from explorer.errors import FieldError
from explorer.training.given import read
from explorer.training.history import History
from explorer.training.measuring import Norms

PACE_S = 0.05  # between two looks at what was handed over
IDLE_S = 2.0  # without a call, after which the thread ends, until the next
QUEUED = 8192  # calls that may wait to be read; a loop further ahead of its device waits for it
READ_AT_ONCE, REST_S = 64, 0.0005  # then the loop has its turn: it would wait for up to 5 ms for the interpreter's lock
_COLUMNS = {"grads": "grad_norm", "params": "param_norm"}


class Call(NamedTuple):
    """What a loop handed over at one step: numbers by name, and the norms that were started."""

    step: int
    values: Mapping[str, Any]
    norms: Mapping[str, Norms]


class Reader:
    """Reads calls into a history, in the order in which they came.

    Args:
      history: what is kept.
      say: is told what could not be read.
      changed: is told when there is more, and when the thread ends.
    """

    def __init__(self, history: History, say: Callable[[FieldError], None], changed: Callable[[], None]) -> None:
        self.step = 0  # the last one that was read
        self.steps_per_second: float | None = None
        self._history, self._say, self._changed = history, say, changed
        self._queue: deque[Call] = deque()
        self._last: dict[str, int] = {}  # step by column
        self._waiting = 0  # calls that are not in the history yet
        self._lock = threading.Condition()
        self._hurry = threading.Event()
        self._over = False
        self._awaited = 0  # by how many threads, which then lose nothing by it
        self._thread: threading.Thread | None = None

    @property
    def active(self) -> bool:
        """Whether there was a call a moment ago."""
        return self._thread is not None

    def put(self, call: Call) -> None:
        """Take a call to be read later; waits only where too many wait already."""
        with self._lock:
            if len(self._queue) >= QUEUED:
                self._await(lambda: len(self._queue) < QUEUED)
            self._queue.append(call)
            self._waiting += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="explorer-reader", daemon=True)
                ending.start(self._thread, self.end)

    def flush(self, timeout: float | None = None) -> None:
        """Wait until all is read.

        Raises:
          TimeoutError: it took more than `timeout` seconds.
        """
        if threading.current_thread() is self._thread:
            return
        with self._lock:
            if not self._await(lambda: not self._waiting, timeout):
                raise TimeoutError(f"{self._waiting:,} calls could not be read within {timeout} s")

    def _await(self, condition: Callable[[], bool], timeout: float | None = None) -> bool:
        self._awaited += 1
        self._hurry.set()
        try:
            return self._lock.wait_for(condition, timeout)
        finally:
            self._awaited -= 1

    def end(self) -> None:
        """Read what there is, and end the thread."""
        self._over = True
        self._hurry.set()

    def _work(self) -> None:
        last = began = time.perf_counter()
        first = True
        while True:
            self._hurry.wait(PACE_S)
            self._hurry.clear()
            with self._lock:
                calls = list(self._queue)
                self._queue.clear()
                self._lock.notify_all()
                now = time.perf_counter()
                if not calls and (self._over or now - last > IDLE_S):
                    self._thread = None
                    break
            if not calls:
                continue
            self._keep(calls)
            if not first:  # when the first ones began is not known
                rate = len(calls) / max(now - began, 1e-6)
                self.steps_per_second = 0.8 * (self.steps_per_second or rate) + 0.2 * rate
            first, last, began = False, time.perf_counter(), now
            with self._lock:
                self._waiting -= len(calls)
                self._lock.notify_all()
            self._changed()
        self._changed()

    def _keep(self, calls: Sequence[Call]) -> None:
        columns: dict[str, tuple[list[int], list[Any]]] = defaultdict(lambda: ([], []))
        for call in calls:
            for name, value in call.values.items():
                columns[name][0].append(call.step)
                columns[name][1].append(value)
        for name, (steps, values) in columns.items():
            group = "held_out" if name.startswith("held_out/") else "train"
            for start in range(0, len(steps), READ_AT_ONCE):
                part = slice(start, start + READ_AT_ONCE)
                self._append(name, group, *self._read(name, steps[part], values[part]))
                self._rest()
        self._keep_norms([call for call in calls if call.norms])
        self.step = calls[-1].step

    def _read(self, name: str, steps: list[int], values: list[Any]) -> tuple[list[int], np.ndarray]:
        """Return numbers with their steps; those that a device failed to compute are left out."""
        try:
            return steps, read(values)
        except Exception as error:  # what the loop's own computation raised, which reading it brings out
            if len(values) == 1:
                self._say(FieldError(name, f"could not be read: {error}.", ""))
                return [], np.empty(0, np.float32)
        halves = [self._read(name, steps[part], values[part]) for part in _halves(len(values))]
        return halves[0][0] + halves[1][0], np.concatenate([halves[0][1], halves[1][1]])

    def _keep_norms(self, calls: Sequence[Call]) -> None:
        columns: dict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))

        def add(column: str, name: str, step: int, value: float) -> None:
            columns[f"{column}/{name}"][0].append(step)
            columns[f"{column}/{name}"][1].append(value)

        for call in calls:
            try:
                tables = {field: np.asarray(norms.values) for field, norms in call.norms.items()}
            except Exception as error:
                self._say(FieldError("grads, params", f"could not be measured: {error}.", ""))
                continue
            for field, column in _COLUMNS.items():
                for name, value in zip(call.norms[field].names, tables[field], strict=True) if field in tables else ():
                    add(column, name, call.step, value)
            if "updates" in tables and "params" in tables and call.norms["updates"].names == call.norms["params"].names:
                names, sizes = call.norms["params"].names, tables["params"]
                for name, update, size in zip(names, tables["updates"], sizes, strict=True):
                    if size > 0:  # a parameter that is still zero has no ratio yet
                        add("update_ratio", name, call.step, update / size)
            self._rest()
        for column, (steps, values) in columns.items():
            self._append(column, "diagnostic", steps, np.asarray(values, np.float32))

    def _rest(self) -> None:
        if not self._awaited:
            time.sleep(REST_S)

    def _append(self, name: str, group: str, steps: list[int], values: np.ndarray) -> None:
        """Put numbers into the history; their steps must go up."""
        given = np.asarray(steps, np.int64)
        before = np.maximum.accumulate(np.r_[self._last.get(name, -1), given])[:-1]
        right = given > before
        if not right.all():
            at = int(np.argmin(right))
            problem = f"{given[at]:,} came after {before[at]:,}, so it was left out."
            self._say(FieldError("step", problem, "Steps go up; to begin anew, make a new recorder."))
        if right.any():
            self._history.append(name, group, given[right], values[right])
            self._last[name] = int(given[right][-1])


def _halves(count: int) -> tuple[slice, slice]:
    return slice(0, count // 2), slice(count // 2, count)
