"""The pump: sends records to every view of a panel, no faster than that view draws them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from explorer.records import Record, decode, encode
from explorer.views.outbox import PROBES, SMALL_BYTES, Item, Outbox, frame_items

FRAME_POINTS = 20_000  # of one series in one frame: 160 kB, and half a million steps a second at 25 frames
BURST_S = 0.005  # between the parts of a large text; what a view has not drawn bounds them
VIEWS = 16  # remembered at most; a forgotten view that speaks again gets everything anew

_log = logging.getLogger("explorer")

Send = Callable[[dict[str, Any], list[bytes]], None]


class Stream(Protocol):
    """A source of frames, pulled when a view has room for one."""

    def since(self, cursor: Any, limit: int) -> tuple[Record | None, Any]:
        """Return what came after `cursor` and the new cursor.

        Args:
          cursor: what the last call returned; None means from the start, with `reset: true`.
          limit: the most points of one series in the frame.

        Returns:
          A record of kind "frame", or None when there is nothing new; and the cursor for the next call.
        """


class Feed:
    """Sends records to views as they are put, coalesced; one daemon thread while there is something to send.

    Args:
      send: sends one message (JSON content, binary buffers) to every view; called on the feed's thread.
      interval: the least time between two batches to one view, seconds.
      patience: how long a view may take to draw a batch before it is asked whether it got it, seconds.
      idle: how long the thread outlives the last thing sent, seconds.
    """

    def __init__(self, send: Send, *, interval: float = 0.075, patience: float = 2.0, idle: float = 3.0) -> None:
        self._send, self._interval, self._patience, self._idle = send, interval, patience, idle
        self._changed = threading.Condition()
        self._records: dict[str, bytes] = {}
        self._streams: dict[int, Stream] = {}
        self._count = 0
        self._views: dict[str, Outbox] = {}
        self._thread: threading.Thread | None = None
        self._closed = False

    def put(self, key: str, record: Record) -> None:
        """Make `record` the latest under `key`, for every view.

        Raises:
          ValueError: the record's header holds NaN or infinity.
        """
        raw = encode(record)
        with self._changed:
            self._records.pop(key, None)  # so that a replay follows the order of the last put
            self._records[key] = raw
            self._mark(key)

    def drop(self, key: str) -> None:
        """Forget the record under `key`, here and in every view."""
        with self._changed:
            if self._records.pop(key, None) is not None:
                self._mark(key)

    def add_stream(self, stream: Stream) -> None:
        """Send the frames of `stream` to every view, from its start."""
        with self._changed:
            self._count += 1
            self._streams[self._count] = stream
            self._wake()

    def remove_stream(self, stream: Stream) -> None:
        """Send no more frames of `stream`."""
        with self._changed:
            self._streams = {n: s for n, s in self._streams.items() if s is not stream}

    def wake(self) -> None:
        """Say that a stream has new data. Cheap: a lock and a flag."""
        with self._changed:
            self._wake()

    def heard(self, content: Any) -> None:
        """Take a message of a view: ready, ack or bye; others are left to the panel."""
        if not isinstance(content, dict) or not isinstance(content.get("view"), str):
            return  # such as the loader's request for the bundle, which comes before there is a view
        view, kind = content["view"], content.get("type")
        with self._changed:
            box = self._views.get(view)
            if kind == "bye":
                self._views.pop(view, None)
            elif kind == "ready" or box is None:  # a forgotten view that speaks again starts anew
                self._views.pop(view, None)
                while len(self._views) >= VIEWS:
                    self._views.pop(next(iter(self._views)))
                self._views[view] = Outbox(view, dict.fromkeys(self._records), set(self._streams))
                self._views[view].answer = True
            elif kind == "ack":
                box.drawn = min(box.sent, max(box.drawn, int(content.get("seq", 0))))
                box.hidden, box.probes = bool(content.get("hidden")), 0
            elif kind == "command":
                box.answer = True  # every command is answered, so that a view can tell a kernel that is gone
            self._start()

    def wait_drawn(self, timeout: float) -> bool:
        """Return whether a view has drawn something within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closed or any(b.drawn for b in self._views.values()), timeout)

    def broadcast(self, points: int) -> bool:
        """Send all that is small, and the streams thinned, to whoever listens: a kernel that is busy hears no view.

        A view that speaks later gets everything anew.

        Args:
          points: of one series at most.

        Returns:
          Whether it was sent: not where a view answers, which then has it by the usual way.
        """
        with self._changed:
            if self._closed or any(box.open for box in self._views.values()):
                return False
            self._views.clear()
            items = [
                ({"key": key, "part": 0, "of": 1}, raw) for key, raw in self._records.items() if len(raw) <= SMALL_BYTES
            ]
            streams = tuple(self._streams.values())
        for stream in streams:
            frame, _ = stream.since(None, points)
            items += frame_items(encode(frame)) if frame is not None else []
        self._send({"type": "broadcast", "items": [entry for entry, _ in items]}, [raw for _, raw in items])
        return True

    def snapshot(self) -> dict[str, Record]:
        """Return everything that a view would be sent now, the streams whole, as "frame/<n>/<i>"."""
        with self._changed:
            records = {key: decode(raw) for key, raw in self._records.items()}
            streams = dict(self._streams)
        for number, stream in streams.items():
            frame, cursor = stream.since(None, FRAME_POINTS)
            index = 0
            while frame is not None:
                records[f"frame/{number}/{index}"] = frame
                frame, cursor = stream.since(cursor, FRAME_POINTS)
                index += 1
        return records

    def close(self) -> None:
        """End the thread and tell every view that nothing more comes."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            views, self._views = bool(self._views), {}
            self._streams, self._records = {}, {}
            self._changed.notify_all()
            thread, self._thread = self._thread, None
        if thread and thread is not threading.current_thread():
            thread.join(timeout=5)
        if views:
            self._send({"type": "closed"}, [])

    def _mark(self, key: str) -> None:
        for box in self._views.values():
            box.mark(key)
        self._start()

    def _wake(self) -> None:
        for box in self._views.values():
            box.streams = set(self._streams)
        self._start()

    def _start(self) -> None:
        if self._closed or not self._views:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="explorer-feed", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _run(self) -> None:
        rest_until = time.monotonic() + self._idle
        while True:
            with self._changed:
                if self._closed:
                    return
                now = time.monotonic()
                due, next_at = self._due(now)
                if not due:
                    if next_at is None and now >= rest_until:
                        self._thread = None
                        return
                    self._changed.wait((rest_until if next_at is None else next_at) - now)
                    continue
            rest_until = time.monotonic() + self._idle
            for box in due:
                self._serve(box)

    def _due(self, now: float) -> tuple[list[Outbox], float | None]:
        """Return the views to send to now, and if none, when to look again (None: when told)."""
        due, times = [], []
        for box in list(self._views.values()):
            if box.pending and box.open:
                at = box.last_sent + (BURST_S if box.bulk else self._interval)
            else:
                late = box.probe_at(self._patience)
                if late is None:
                    continue
                at = late
                if at <= now and box.probes >= PROBES:
                    del self._views[box.view]
                    continue
            if at <= now:
                due.append(box)
            times.append(at)
        return due, min(times, default=None)

    def _serve(self, box: Outbox) -> None:
        with self._changed:
            probing = not (box.pending and box.open)
            streams = {} if probing else {n: s for n, s in self._streams.items() if n in box.streams}
            box.streams -= set(streams)
        frames: list[Item] = []
        more = set()
        for number, stream in streams.items():  # outside the lock: a history has its own
            pulled = self._pull(box, number, stream)
            if pulled:
                frames += pulled
                more.add(number)
        with self._changed:
            if self._closed or self._views.get(box.view) is not box:
                return
            box.last_sent = time.monotonic()
            if probing:
                box.probes += 1
                items: list[Item] = []
            else:
                answer = box.answer
                items = box.take(self._records) + frames
                box.streams |= more
                if not items and not answer:
                    return
                box.sent += 1
            # A probe repeats the number of the last batch: a view that lacks that one says ready.
            content = {
                "type": "batch",
                "probe": probing,
                "to": box.view,
                "seq": box.sent,
                "items": [entry for entry, _ in items],
            }
        try:
            self._send(content, [raw for _, raw in items])
        except Exception:
            # The comm broke under us. A view that lives speaks again and gets everything anew.
            _log.exception("The explorer could not send to its view")
            with self._changed:
                self._views.pop(box.view, None)

    def _pull(self, box: Outbox, number: int, stream: Stream) -> list[Item]:
        try:
            frame, box.cursors[number] = stream.since(box.cursors.get(number), FRAME_POINTS)
            return frame_items(encode(frame)) if frame is not None else []
        except Exception as error:
            _log.exception("The explorer could not read the history of a run")
            self.remove_stream(stream)
            title = "The history of a run could not be read, so its curve ends here"
            text = f"{type(error).__name__}: {error}"
            header = {"level": "error", "title": title, "text": text, "where": None, "detail": None}
            self.put(f"notice/stream-{number}", Record("notice", header))
            return []
