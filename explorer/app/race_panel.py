"""The panel of a race: it follows who is ahead."""

from __future__ import annotations

import threading
import weakref
from typing import Any

from explorer.training.race.race import Race
from explorer.training.race.shown import records_of
from explorer.training.stream import Stream
from explorer.views.panel import Panel


def follow(race: Race, panel: Panel) -> None:
    """Keep a panel up to date with its race, and give the race's commands to its buttons, while the panel lives."""
    for lane in race.lanes:
        panel.add_stream(Stream(lane.id, lane.history))
    seen = weakref.ref(panel)
    shown: dict[str, Any] = {}
    drawing = threading.RLock()  # two threads draw the same: the one that looked later must be the one that stays

    def changed() -> None:
        live = seen()
        if live is None:
            unsubscribe()
            return
        with drawing:
            for key, record in records_of(race).items():
                if shown.get(key) != record.header:
                    shown[key] = record.header
                    live.put(key, record)
        live.wake()

    def command(name: str, args: dict[str, Any]) -> None:
        if name in race.can:
            getattr(race, name)(**args)

    unsubscribe = race.subscribe(changed)
    panel.on_command(command)
