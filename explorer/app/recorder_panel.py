"""The panel of a recorded loop: it follows what the loop hands over."""

from __future__ import annotations

import time
import weakref
from typing import Any

from explorer.app.redrawn import Redrawn
from explorer.app.show import with_about
from explorer.records import Record
from explorer.training.recorded import gradient_records, records_of
from explorer.training.recorder import Recorder
from explorer.training.stream import Stream
from explorer.views.panel import Panel

# The loop keeps the kernel busy, which then hears of no view; so what is shown goes to whoever listens.
BROADCAST_S = 0.5
POINTS, LEAST = 40_000, 200  # of all series together, and of one at least


def follow(recorder: Recorder, panel: Panel) -> None:
    """Keep a panel up to date with its recorder, while the panel lives."""
    panel.add_stream(Stream(recorder.id, recorder.kept))
    seen = weakref.ref(panel)
    chosen: list[str] = []  # the parameter whose gradient is looked at
    draw = Redrawn()
    told = [float("-inf")]  # when all was sent last

    def records() -> dict[str, Record]:
        found = with_about(recorder, records_of(recorder))
        for name in chosen:
            found |= gradient_records(recorder, name)
        return found

    def changed() -> None:
        live = seen()
        if live is None:
            unsubscribe()
            return
        draw(live, records)
        due = time.monotonic() - told[0] > BROADCAST_S or recorder.status not in ("recording", "running")
        if due and live.broadcast(max(LEAST, POINTS // max(1, len(recorder.kept.columns)))):
            told[0] = time.monotonic()

    def command(name: str, args: dict[str, Any]) -> None:
        if name == "select_parameter":
            chosen[:] = [args["parameter"]] if args.get("parameter") is not None else []
            changed()
        elif name in recorder.can:
            getattr(recorder, name)(**args)

    unsubscribe = recorder.subscribe(changed)
    panel.on_command(command)
