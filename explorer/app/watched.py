"""The panel of a watch: it follows what is traced and compiled, and can begin and end the watching."""

from __future__ import annotations

import threading
import weakref
from typing import Any

from explorer.compiler.watch.watcher import Watcher
from explorer.views.panel import Panel

PACE_S = 0.25  # between two updates of a panel; a loop that retraces all the time must not be slowed down


def follow(watcher: Watcher, panel: Panel) -> None:
    """Keep a panel up to date with its watch while both live."""
    seen = weakref.ref(panel)
    lock = threading.Lock()
    waiting = False

    def send() -> None:
        nonlocal waiting
        with lock:
            waiting = False
        shown = seen()
        if shown is not None:
            for key, record in watcher.records().items():
                shown.put(key, record)

    def changed() -> None:
        nonlocal waiting
        if seen() is None:
            watcher.unsubscribe(changed)
            return
        with lock:
            if waiting:
                return
            waiting = True
        timer = threading.Timer(PACE_S, send)
        timer.daemon = True
        timer.start()

    def command(name: str, _: dict[str, Any]) -> None:
        if name == "stop_watching" and watcher.watching:
            watcher.stop()
        elif name == "start_watching" and not watcher.watching:
            watcher.start()

    watcher.subscribe(changed)
    panel.on_command(command)
