"""A thread that lives only while there is work, one job at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable

from explorer import ending

FAILED = "Something went wrong"  # what stands above an exception that no job is prepared for


class Worker:
    """Runs jobs in the order in which they came; a job replaces a waiting one of the same name.

    Args:
      name: of the thread.
      on_error: called with what a job raised; it must bring it to the screen.
    """

    def __init__(self, name: str, on_error: Callable[[Exception], None]) -> None:
        self._name, self._on_error = name, on_error
        self._jobs: dict[str, Callable[[], None]] = {}
        self._lock = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, name: str, job: Callable[[], None]) -> None:
        """Run `job` later; returns at once."""
        with self._lock:
            if self._closed:
                return
            self._jobs.pop(name, None)
            self._jobs[name] = job
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=f"explorer-{self._name}", daemon=True)
                ending.start(self._thread, self.close)

    def wait(self, timeout: float | None = None) -> bool:
        """Return whether all work was done within `timeout` seconds."""
        with self._lock:
            return self._lock.wait_for(lambda: self._thread is None, timeout)

    def close(self) -> None:
        """Forget what waits and take nothing more; the job under way ends by itself."""
        with self._lock:
            self._closed = True
            self._jobs.clear()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._jobs:
                    self._thread = None
                    self._lock.notify_all()
                    return
                job = self._jobs.pop(next(iter(self._jobs)))
            try:
                job()
            except Exception as error:
                self._on_error(error)
