"""The panel of a race: it follows who is ahead."""

from __future__ import annotations

import weakref
from typing import Any

from explorer.app.redrawn import Redrawn
from explorer.training.race.race import Race
from explorer.training.race.shown import records_of
from explorer.training.stream import Stream
from explorer.views.panel import Panel


def follow(race: Race, panel: Panel) -> None:
    """Keep a panel up to date with its race, and give the race's commands to its buttons, while the panel lives."""
    for lane in race.lanes:
        panel.add_stream(Stream(lane.id, lane.history))
    seen = weakref.ref(panel)
    draw = Redrawn()

    def changed() -> None:
        live = seen()
        if live is None:
            unsubscribe()
            return
        draw(live, lambda: records_of(race))

    def command(name: str, args: dict[str, Any]) -> None:
        if name in race.can:
            getattr(race, name)(**args)

    unsubscribe = race.subscribe(changed)
    panel.on_command(command)
