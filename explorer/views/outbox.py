"""What one view on a screen still has to get, and in which order it goes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from explorer.records import PART_BYTES, parts

SMALL_BYTES = 1 << 16  # records up to this size go whole, all of them in the next batch
# Batches sent and not known to be drawn: a little more than a second's worth. A view speaks of all it has drawn once a
# second, since each message to the kernel makes JupyterLab show it as busy and idle again, which cost the training more
# than the curve did: 3 a second took over a tenth of a core.
IN_FLIGHT = 16
PROBES = 4  # how often a silent view is asked before it is forgotten

Item = tuple[dict[str, Any], bytes]


@dataclass
class Outbox:
    """The state of one view: which keys it lacks, how far it is in each stream, what it has drawn.

    Not thread-safe; the feed holds its lock around every call.

    Args:
      view: the id that the view chose.
      keys: the keys it lacks, in the order in which they were put.
      streams: the numbers of the streams it must be sent from their start.
    """

    view: str
    keys: dict[str, None]
    streams: set[int]
    cursors: dict[int, Any] = field(default_factory=dict)
    sent: int = 0
    drawn: int = 0
    probes: int = 0
    last_sent: float = float("-inf")
    hidden: bool = False
    answer: bool = False
    _large: tuple[str, list[tuple[int, int, bytes]]] | None = None

    def mark(self, key: str) -> None:
        """Note that the record under `key` changed; what was half sent of the old one is abandoned."""
        self.keys[key] = None
        if self._large and self._large[0] == key:
            self._large = None

    @property
    def pending(self) -> bool:
        """Whether there is, or may be, something to send."""
        return bool(self.keys or self.streams or self._large or self.answer)

    @property
    def open(self) -> bool:
        """Whether the view can take a batch: it is seen, and has drawn most of those it got."""
        return not self.hidden and self.sent - self.drawn < IN_FLIGHT

    @property
    def bulk(self) -> bool:
        """Whether the rest of a large text is what it waits for, and no curve that needs its turns."""
        return self._large is not None and not self.streams

    def probe_at(self, patience: float) -> float | None:
        """Return when to ask a view that has not drawn what it got, or None when there is no need to."""
        if self.hidden or self.sent == self.drawn:
            return None
        return self.last_sent + patience * 2**self.probes

    def take(self, records: Mapping[str, bytes]) -> list[Item]:
        """Return the next records: all the small ones, and one part of a large one.

        So a text of many megabytes never holds up the status and the curve.
        """
        items: list[Item] = []
        for key in list(self.keys):
            raw = records.get(key)
            if raw is None:
                items.append(({"key": key, "part": 0, "of": 0}, b""))
            elif len(raw) <= SMALL_BYTES:
                items.append(({"key": key, "part": 0, "of": 1}, raw))
            elif self._large is None:
                self._large = (key, list(parts(raw)))
            else:
                continue
            del self.keys[key]
        if self._large:
            key, rest = self._large
            items += _items(key, rest[:1])
            self._large = (key, rest[1:]) if rest[1:] else None
        self.answer = False
        return items


def frame_items(raw: bytes) -> list[Item]:
    """Return the items that carry one frame of a stream; never spread over batches, so that order is kept."""
    return _items("frame", parts(raw, PART_BYTES))


def _items(key: str, pieces: Iterable[tuple[int, int, bytes]]) -> list[Item]:
    return [({"key": key, "part": index, "of": count}, raw) for index, count, raw in pieces]
