"""What is remembered of a look: its texts, compressed, and its figures; and the last look at each function."""

from __future__ import annotations

import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

REMEMBERED = 16  # functions


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A look, small enough to keep.

    Args:
      name: of what was looked at.
      stages: the texts by stage, compressed.
      figures: by name, as `compare.FIGURES` lists them; what is not known is missing.
      when: seconds since the epoch.
    """

    name: str
    stages: Mapping[str, bytes]
    figures: Mapping[str, float]
    when: float = field(default_factory=time.time)

    def text(self, stage: str) -> str:
        """Return the text of a stage."""
        return zlib.decompress(self.stages[stage]).decode()

    def ago(self, now: float | None = None) -> str:
        """Return how long ago it was, in words."""
        seconds = max(0.0, (time.time() if now is None else now) - self.when)
        for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
            if seconds >= size:
                count = int(seconds // size)
                return f"{count} {word}{'' if count == 1 else 's'} ago"
        return "a moment ago" if seconds < 10 else f"{int(seconds)} seconds ago"


def snapshot_of(inspection: Any) -> Snapshot:
    """Return what is remembered of an inspection."""
    texts = {name: s.text for name, s in inspection.stages.items() if name != "source" and s.available}
    instructions = inspection.instructions
    counted = {} if instructions.missing else instructions.totals()
    measured = counted.get("measured_us")
    figures = {
        "instructions": counted.get("instructions"),
        "fusions": counted.get("fusions"),
        "FLOPs": inspection.cost.get("flops"),
        "executed FLOPs": counted.get("executed_flops"),
        "bytes": inspection.cost.get("bytes_accessed"),
        "temporary memory": inspection.memory.get("temp_bytes"),
        "compile time": inspection.times_ms.get("compile"),
        "measured time": measured,
    }
    packed = {name: zlib.compress(text.encode(), 1) for name, text in texts.items()}
    return Snapshot(inspection.name, packed, {name: float(v) for name, v in figures.items() if v is not None})


def key_of(fn: Any) -> str | None:
    """Return by what a function is known again after it was edited; None for a lambda and what has no name."""
    fn = getattr(fn, "__wrapped__", fn)
    fn = getattr(fn, "func", fn)
    module = getattr(fn, "__module__", None)
    name = getattr(fn, "__qualname__", None) or type(fn).__qualname__
    return None if module is None or "<lambda>" in name else f"{module}.{name}"


class Looks:
    """The last look at each of the functions that were looked at lately. Any thread may ask it."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit, self._lock = limit, threading.Lock()
        self._last: OrderedDict[str, Snapshot] = OrderedDict()

    def swap(self, key: str, now: Snapshot) -> Snapshot | None:
        """Remember a look, and return the one before it."""
        with self._lock:
            before = self._last.pop(key, None)
            self._last[key] = now
            while len(self._last) > self._limit:
                self._last.popitem(last=False)
            return before


looks = Looks()
