"""The process that compiles for a family of targets, seen from the kernel: started, asked, and ended where it must be.

It is asked over its pipes and can be killed at any time: by a time-out, by whoever cancels, by Ctrl-C. What it does
to itself, an abort or running out of memory, ends a request with a plain message, and the next one starts a new one.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import IO, Any, NamedTuple

from explorer.compiler.mistakes.told import sentence
from explorer.compiler.room import MB, available
from explorer.compiler.targets import wire
from explorer.compiler.targets.environment import environment_for
from explorer.errors import ExplorerError

SERVE = "explorer.compiler.targets.serve"
SLICE_S = 0.05  # how soon a cancel is heard
STARTING_S = 60.0  # for a new process to be ready
LOG = 4000  # last characters of what it printed that are looked at
_OUT_OF_MEMORY = ("bad_alloc", "MemoryError", "out of memory", "Cannot allocate memory", "mmap error: 12")
SAFE = "The kernel is as it was, and the next look starts a new process."


class Words(NamedTuple):
    """What a process does, for people: "Compiling for" a machine, "compiled for" it, "compiles"."""

    doing: str
    done: str
    does: str


COMPILES = Words("Compiling for", "compiled for", "compiles")


class TargetError(ExplorerError, RuntimeError):
    """A program that could not be compiled for a target, and why.

    Args:
      text: sentences for people.
      detail: what the compiler printed, as far as that helps, else None.
    """

    def __init__(self, text: str, detail: str | None = None) -> None:
        super().__init__(text)
        self.detail = detail


_cancel: ContextVar[threading.Event | None] = ContextVar("cancel", default=None)


@contextmanager
def cancellable(event: threading.Event) -> Iterator[None]:
    """Let what is asked of a process inside end as soon as an event is set."""
    token = _cancel.set(event)
    try:
        yield
    finally:
        _cancel.reset(token)


class Process:
    """A process of `serve.py`; started when it is first asked, and again after it ended. Any thread may ask it.

    Args:
      family: "tpu" or "gpu", whose compiler it loads.
      memory: bytes that it may take; what is free when it starts, where not given.
      module: what it runs.
      words: what it does.
    """

    def __init__(self, family: str, memory: int | None = None, module: str = SERVE, words: Words = COMPILES) -> None:
        self.family, self._memory, self._module, self._words = family, memory, module, words
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._limit = 0
        self._log: IO[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The number of the process while it lives."""
        running = self._running
        return None if running is None or running.poll() is not None else running.pid

    @property
    def busy(self) -> bool:
        """Whether it is being asked something."""
        return self._lock.locked()

    def ask(
        self, header: Mapping[str, Any], buffers: Sequence[bytes] = (), *, timeout: float, name: str
    ) -> wire.Message:
        """Send a request and return the answer.

        Args:
          header, buffers: of the request.
          timeout: seconds that the answer may take.
          name: of what is compiled for, for people.

        Raises:
          TargetError: it could not be done, took too long or was cancelled, in words.
        """
        cancel = _cancel.get()
        while not self._lock.acquire(timeout=SLICE_S):  # somebody else's request
            if cancel is not None and cancel.is_set():
                raise TargetError("Cancelled.")
        try:
            running = self._started(cancel, name)
            until = _Until(
                time.monotonic() + timeout, cancel, f"{self._words.doing} {name} took more than {timeout:g} s"
            )
            answer = self._talk(running, until, name, lambda write: wire.send(write, header, buffers))
        except BaseException:  # Ctrl-C too: it may be in the middle of something, or gone
            self._kill()
            raise
        finally:
            self._lock.release()
        if "error" in answer.header:
            raise TargetError(f"XLA for {name} says: {sentence(answer.header['error'])}", answer.header["error"])
        return answer

    def close(self) -> None:
        """End it, whatever it does."""
        self._kill()

    def _started(self, cancel: threading.Event | None, name: str) -> subprocess.Popen[bytes]:
        if self._running is not None and self._running.poll() is None:
            return self._running
        self._kill()
        self._limit = self._memory or max(available() * 9 // 10, 1000 * MB)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the process
        self._running = subprocess.Popen(
            [sys.executable, "-m", self._module, str(self._limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment_for(self.family),
            start_new_session=True,  # Ctrl-C is for the kernel, which then ends it
        )
        for pipe in (self._running.stdin, self._running.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
        late = f"{self._words.doing} {name}: the process that does it did not start in {STARTING_S:g} s"
        until = _Until(time.monotonic() + STARTING_S, cancel, late)
        self._talk(self._running, until, name)
        return self._running

    def _talk(
        self,
        running: subprocess.Popen[bytes],
        until: _Until,
        name: str,
        say: Callable[[Callable[[memoryview], int]], None] | None = None,
    ) -> wire.Message:
        """Say something, where there is something to say, and return the answer."""
        assert running.stdin is not None
        assert running.stdout is not None
        to, of = running.stdin.fileno(), running.stdout.fileno()

        def write(part: memoryview) -> int:
            until.wait([], [to])
            return os.write(to, part)

        def read(count: int) -> bytes:
            until.wait([of], [])
            return os.read(of, count)

        try:
            if say is not None:
                say(write)
            answer = wire.receive(read)
        except (BrokenPipeError, ConnectionError):
            answer = None
        if answer is None:
            raise self._ended(running, name)
        return answer

    def _ended(self, running: subprocess.Popen[bytes], name: str) -> TargetError:
        """Return in words that the process ended by itself, and why, as far as that shows."""
        try:
            code = running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()
            code = running.wait()
        log = self._printed()
        if any(sign in log for sign in _OUT_OF_MEMORY):
            why = f"it ran out of memory: it may take {self._limit / MB:,.0f} MB, what was free when it started."
        elif code == -signal.SIGKILL:
            why = "it was killed from outside, as the system does where memory runs out."
        elif code < 0:
            why = f"XLA ended it ({signal.Signals(-code).name}): {_last_words(log)}"
        else:
            why = f"it ended with code {code}: {_last_words(log)}"
        gone = f"Not {self._words.done} {name}. The process that {self._words.does} is gone: {why} {SAFE}"
        return TargetError(gone, log or None)

    def _printed(self) -> str:
        if self._log is None:
            return ""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - LOG))
        return self._log.read().decode(errors="replace").strip()

    def _kill(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.kill()
            running.wait()
            for pipe in (running.stdin, running.stdout):
                with contextlib.suppress(OSError):  # what was still to be written has nobody to read it
                    pipe.close()  # type: ignore[union-attr]
        if self._log is not None:
            self._log.close()
            self._log = None


class _Until:
    """How long to wait, and what to say then."""

    def __init__(self, deadline: float, cancel: threading.Event | None, late: str) -> None:
        self.deadline, self.cancel, self.late = deadline, cancel, late

    def wait(self, readable: list[int], writable: list[int]) -> None:
        """Return when a pipe is ready.

        Raises:
          TargetError: it takes too long, or was cancelled.
        """
        while not any(select.select(readable, writable, [], SLICE_S)):
            if self.cancel is not None and self.cancel.is_set():
                raise TargetError(f"Cancelled. {SAFE}")
            if time.monotonic() > self.deadline:
                raise TargetError(f"{self.late}, and was stopped. {SAFE}")


def _last_words(log: str) -> str:
    """Return the line of a log that says why: the last that is marked fatal, else the last one."""
    told = (line.strip() for line in log.splitlines())
    lines = [line for line in told if line and not line.startswith(("@", "PC: ", "***", "RAW: Raising", "E0000"))]
    fatal = [line for line in lines if (line[:1] == "F" and "] " in line) or "Check failed" in line]
    word = (fatal or lines or ["it printed nothing"])[-1]
    return sentence(word.partition("] ")[2] or word)


_processes: dict[str, Process] = {}
_making = threading.Lock()


def process_for(family: str) -> Process:
    """Return the process of a family of targets; all looks of this kernel share it."""
    with _making:
        return _processes.setdefault(family, Process(family))
