"""Compiled programs that a second look need not compile again.

A program is known by the StableHLO it was compiled from, locations and all: the text that XLA prints holds them, and
after an edit that only moves lines it would otherwise tell of the lines of before. Callbacks into Python are not
kept: they would keep the person's objects alive.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jaxlib

KEPT = 8  # programs


class Program(NamedTuple):
    """A compiled program, and the milliseconds that it took to compile it."""

    compiled: Any
    milliseconds: float


class Programs:
    """The programs that were compiled last. Any thread may ask it; two that ask for one may both compile it."""

    def __init__(self, limit: int = KEPT) -> None:
        self._limit, self._lock = limit, threading.Lock()
        self._last: OrderedDict[str, Program] = OrderedDict()

    def get(self, key: str | None, make: Callable[[], Program]) -> Program:
        """Return the program of a key, compiled by `make` where it is not there; None is never there."""
        if key is None:
            return make()
        with self._lock:
            if (found := self._last.get(key)) is not None:
                self._last.move_to_end(key)
                return found
        made = make()
        with self._lock:
            self._last[key] = made
            while len(self._last) > self._limit:
                self._last.popitem(last=False)
        return made


def key_of(lowered: Any, *besides: Any) -> str | None:
    """Return what a program is known by; None for one that is not to be kept, or cannot be written down.

    Args:
      lowered: what it is compiled from.
      besides: what else it depends on, such as compiler options and the places of its arguments.
    """
    written = io.BytesIO()
    try:
        lowered.compiler_ir("stablehlo").operation.write_bytecode(written)
        shape = (lowered.in_tree, lowered.out_tree, lowered.args_info)
    except Exception:  # what a version or a backend does not offer: it is compiled again
        return None
    module = written.getvalue()
    if b"callback" in module:
        return None
    rest = repr((shape, besides, jax.__version__, jaxlib.__version__, jax.default_backend()))
    return hashlib.sha256(module + rest.encode()).hexdigest()


programs = Programs()
