"""Texts that follow each other, kept as the first one and what each next one changes."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from explorer.compiler.passes.delta import Edit, applied, edits_of

STRIDE = 16  # a text of which so many edits lead to the next one that is kept whole


class History:
    """Texts, each kept as its difference from the one before. Any thread may ask it.

    Args:
      first: the text before the first step.
    """

    def __init__(self, first: str) -> None:
        self.first = first
        self.steps: list[tuple[Edit, ...]] = []
        self._newest = first.split("\n")
        self._newest_text = first
        self._kept: dict[int, list[str]] = {0: self._newest}  # lines after so many steps; they share their strings
        self._last: tuple[int, list[str]] = (0, self._newest)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.steps)

    def append(self, text: str) -> tuple[Edit, ...]:
        """Add a text, and return what it changes."""
        edits: tuple[Edit, ...] = ()
        if text != self._newest_text:
            lines = text.split("\n")
            edits = edits_of(self._newest, lines)
            self._newest, self._newest_text = applied(self._newest, edits), text
        self.steps.append(edits)
        if len(self.steps) % STRIDE == 0:
            self._kept[len(self.steps)] = self._newest
        return edits

    def lines(self, step: int) -> Sequence[str]:
        """Return the lines after a number of steps, from 0."""
        with self._lock:
            at, lines = self._last
            if not step - STRIDE < at <= step:
                at = step - step % STRIDE
                lines = self._kept[at]
            while at < step:
                lines = applied(lines, self.steps[at]) if self.steps[at] else lines
                at += 1
            self._last = at, lines
            return lines

    def text(self, step: int) -> str:
        """Return the text after a number of steps, from 0; byte for byte what was added."""
        return "\n".join(self.lines(step))
