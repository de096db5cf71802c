"""What shows itself and changes: it tells those who follow it."""

from __future__ import annotations

from collections.abc import Callable

from explorer.display import Shown


class Followed(Shown):
    """What changes after it is shown: a run, a recorded loop, a race."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` on every change, on whatever thread made it; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def _notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()
