"""A history on its way to a view: frame by frame, as much as it has room for."""

from __future__ import annotations

import numpy as np

from explorer.records import Record
from explorer.training.history import History, Series, decimate

PAGE_POINTS = 20_000  # of one series in a page
Cursor = tuple[int, dict[str, int], int]  # cuts seen, last step sent by series, events sent


class Stream:
    """A history as frames, each holding what came after the one before.

    Args:
      run: the id of the run that it is of.
      history: what was recorded.
    """

    def __init__(self, run: str, history: History) -> None:
        self.run, self.history = run, history

    def since(self, cursor: Cursor | None, limit: int) -> tuple[Record | None, Cursor]:
        """Return the next frame, or None where there is nothing new.

        Args:
          cursor: what the call before returned; None to start over.
          limit: points of one series at most; more are decimated, keeping spikes and what is not finite.
        """
        history = self.history
        with history.lock:
            reset = cursor is None or cursor[0] != history.cuts
            seen = {} if cursor is None or reset else cursor[1]
            known_events = 0 if cursor is None or reset else cursor[2]
            last, buffers = dict(seen), {}
            entries: list[dict[str, str]] = []
            for name, series in history.items():
                steps, values = _after(series, seen.get(name, -1), limit)
                if len(steps):
                    index = len(entries)
                    entries.append({"name": name, "group": series.group})
                    buffers[f"{index}/steps"] = steps.astype(np.uint32)
                    buffers[f"{index}/values"] = values.astype(np.float32)
                    last[name] = int(steps[-1])
            events = [e._asdict() for e in history.events]
            new = (history.cuts, last, len(events))
        if not entries and not reset and len(events) == known_events:
            return None, new
        header = {"run": self.run, "reset": reset, "series": entries, "events": events}
        return Record("frame", header, buffers), new


def _after(series: Series, step: int, limit: int) -> tuple[np.ndarray, np.ndarray]:
    start = int(np.searchsorted(series.steps, step, "right"))
    steps, values = series.steps[start:], series.values[start:]
    keep = decimate(steps, values, limit)
    return steps[keep], values[keep]
