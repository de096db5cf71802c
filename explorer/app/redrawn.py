"""Records that are made anew on every change, of which a panel is given those that changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from explorer.records import Record
from explorer.views.panel import Panel


class Redrawn:
    """Puts on a panel those records whose headers are others than the last time."""

    def __init__(self) -> None:
        self._headers: dict[str, Mapping[str, Any]] = {}  # what the panel has
        # Two threads draw the same: the one that looked later must be the one that stays.
        self._drawing = threading.RLock()

    def __call__(self, panel: Panel, make: Callable[[], Mapping[str, Record]]) -> None:
        """Make the records, and put those that changed."""
        with self._drawing:
            for key, record in make().items():
                if self._headers.get(key) != record.header:
                    self._headers[key] = record.header
                    panel.put(key, record)
        panel.wake()
