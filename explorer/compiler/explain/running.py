"""A program run in a namespace of its own, with a time limit, up to its first error."""

from __future__ import annotations

import contextlib
import ctypes
import io
import itertools
import linecache
import os
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple

from explorer import ending
from explorer.compiler.frames import owner

GRACE_S = 5.0  # for a program that is asked to stop; one that is inside a compile cannot hear it before the end
OUTPUT = 200_000  # characters of what it printed that are kept, from the end

PASTED = "<your program "  # how the file name of a pasted program begins; a number follows
_numbers = itertools.count(1)


class TimeUpError(BaseException):
    """Raised in the program's thread when its time is up; no `except Exception` of the program catches it."""


class Ran(NamedTuple):
    """What came of running a program.

    Args:
      error: what it raised; None where it ran to its end or was stopped.
      stopped: the line at which its time was up; None where it was not; 0 where it could not be told.
      gave_up: whether it did not stop when it was asked to, and still runs in the background.
      output: what it printed, from the end.
      seconds: how long it ran.
      namespace: its names as it left them.
    """

    error: BaseException | None
    stopped: int | None
    gave_up: bool
    output: str
    seconds: float
    namespace: dict[str, Any]


def register(source: str) -> str:
    """Return a file name under which Python finds the lines of a pasted program."""
    file = _taken(source) or f"{PASTED}{next(_numbers)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    return file


def _taken(source: str) -> str | None:
    """Return the name under which this very text is known already."""
    lines = source.splitlines(keepends=True)
    return next((n for n, e in linecache.cache.items() if n.startswith(PASTED) and e[2:3] == (lines,)), None)


def run(work: Callable[[dict[str, Any]], Any], seconds: float, file: str) -> Ran:
    """Run `work` on a fresh namespace in a thread of its own, for at most so many seconds.

    Args:
      work: runs the program; it is given the namespace.
      seconds: its time.
      file: the program's file name, to tell at which line it was stopped.
    """
    namespace: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    worker = _Worker(work, namespace)
    began = time.perf_counter()
    ending.start(worker.thread, worker.interrupt)
    try:
        worker.thread.join(seconds)
        late = worker.thread.is_alive()
        give_up = time.perf_counter() + GRACE_S
        while worker.thread.is_alive() and time.perf_counter() < give_up:
            worker.interrupt()
            worker.thread.join(0.1)
    except KeyboardInterrupt:
        worker.interrupt()
        raise
    spent = time.perf_counter() - began
    if worker.thread.is_alive() and not _in_jax(worker.thread):
        ending.forget(worker.thread)  # it sleeps or waits for something: the end of the process need not wait for it
    stopped = _line(worker.error, file) if late else None
    error = None if late or isinstance(worker.error, SystemExit) else worker.error
    output = worker.printed.getvalue()[-OUTPUT:]
    return Ran(error, stopped, worker.thread.is_alive(), output, spent, namespace)


class _Worker:
    def __init__(self, work: Callable[[dict[str, Any]], Any], namespace: dict[str, Any]) -> None:
        self.error: BaseException | None = None
        self.printed = io.StringIO()
        self.thread = threading.Thread(target=self._run, args=(work, namespace), name="explain", daemon=True)

    def interrupt(self) -> None:
        """Raise TimeUpError in the thread, at its next line."""
        if self.thread.ident is not None and self.thread.is_alive():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread.ident), ctypes.py_object(TimeUpError))

    def _run(self, work: Callable[[dict[str, Any]], Any], namespace: dict[str, Any]) -> None:
        try:
            with contextlib.redirect_stdout(_Routed(self.printed, self.thread)):
                work(namespace)
        except BaseException as error:  # whatever the program raises is told
            self.error = error


class _Routed(io.TextIOBase):
    """Takes what one thread prints; what others print goes where it went."""

    def __init__(self, into: io.StringIO, thread: threading.Thread) -> None:
        self._into, self._thread, self._before = into, thread, sys.stdout

    def write(self, text: str) -> int:
        if threading.current_thread() is self._thread:
            return self._into.write(text)
        return self._before.write(text)

    def flush(self) -> None:
        if threading.current_thread() is not self._thread:
            self._before.flush()


def _in_jax(thread: threading.Thread) -> bool:
    """Say whether a thread is inside JAX, which must not be left alone when the process ends."""
    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None:
        if owner(frame.f_code.co_filename) == "hidden" and os.sep + "jax" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


def _line(error: BaseException | None, file: str) -> int:
    """Return the line of the program at which an error passed it; 0 where that cannot be told."""
    line, trace = 0, error.__traceback__ if error is not None else None
    while isinstance(trace, TracebackType):
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
