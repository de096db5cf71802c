"""Threads that the end of the process waits for: XLA aborts when the interpreter goes away under one of its calls."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable

PATIENCE_S = 120  # for all of them; a compile cannot be cut short

_started: list[tuple[threading.Thread, weakref.WeakMethod[Callable[[], None]]]] = []
_lock = threading.Lock()


def start(thread: threading.Thread, stop: Callable[[], None]) -> None:
    """Start a daemon thread that calls XLA.

    Args:
      thread: not yet started.
      stop: a bound method that asks the thread to end soon; called when the process ends, where it still runs.
    """
    with _lock:
        if not _started:
            # Only now, when JAX was imported: what is registered last is called first, so before JAX cleans up.
            atexit.unregister(_end)
            atexit.register(_end)
        _started[:] = [(t, s) for t, s in _started if t.is_alive()]
        thread.start()
        _started.append((thread, weakref.WeakMethod(stop)))


def forget(thread: threading.Thread) -> None:
    """Do not wait for a thread: it is known to be in no call of XLA."""
    with _lock:
        _started[:] = [(t, s) for t, s in _started if t is not thread]


def _end() -> None:
    with _lock:
        alive = [(thread, stop()) for thread, stop in _started if thread.is_alive()]
    for _, stop in alive:
        if stop is not None:
            stop()
    for thread, _ in alive:
        thread.join(PATIENCE_S / len(alive))
