"""The panel: the widget in which the front end shows records and from which commands come back."""

from __future__ import annotations

import hashlib
import threading
import traceback
import uuid
import weakref
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from itertools import count
from typing import Any

import anywidget
import traitlets

from explorer.errors import FieldError
from explorer.records import Record
from explorer.views.feed import Feed, Stream

Handler = Callable[[str, dict[str, Any]], None]


@cache
def static_text(name: str) -> str:
    """Return a file of `static/` as text."""
    return resources.files("explorer").joinpath("static", name).read_text(encoding="utf-8")


class Holder(anywidget.AnyWidget):
    """Carries the bundle to the page once, for all panels of this kernel."""

    _esm = "export default {}"
    bundle = traitlets.Unicode().tag(sync=True)


_open: weakref.WeakSet[Panel] = weakref.WeakSet()
_holder: Holder | None = None
_holding = threading.RLock()  # a garbage collection inside may finalise, and so close, another panel


def _hold(panel: Panel) -> str:
    """Return the model id of the holder, which lives as long as any panel is open."""
    global _holder
    with _holding:
        _open.add(panel)
        if _holder is None or _holder.comm is None:
            _holder = Holder(bundle=static_text("explorer.js"))
        return str(_holder.model_id)


def _release(panel: Panel) -> None:
    global _holder
    with _holding:
        _open.discard(panel)
        if not _open and _holder is not None:
            _close(_holder)
            _holder = None


def _close(widget: anywidget.AnyWidget) -> None:
    """Close a widget and the layout that ipywidgets opened for it, which it would leave behind."""
    layout = widget.layout
    anywidget.AnyWidget.close(widget)
    layout.close()


class Panel(anywidget.AnyWidget):
    """Shows records and hears commands. Every method may be called on any thread.

    Args:
      kind: what to lay out, "explorer", "run" or "inspection".
      ui: the browser's state to start from: tab, function, stage, parameter, scale, smoothing, hidden runs.
      title: what stands in a notebook where widgets cannot be shown.
    """

    _esm = static_text("loader.js")
    digest = traitlets.Unicode().tag(sync=True)
    holder = traitlets.Unicode().tag(sync=True)
    identity = traitlets.Unicode().tag(sync=True)  # by it the front end finds its own model
    arrangement = traitlets.Dict().tag(sync=True)
    ui = traitlets.Dict().tag(sync=True)
    records = traitlets.Dict().tag(sync=True)  # empty while live: records come by messages

    def __init__(
        self, kind: str = "explorer", *, ui: Mapping[str, Any] | None = None, title: str = "JAX Explorer"
    ) -> None:
        self._closed = False
        self._title = title
        self._handlers: dict[str | None, Handler] = {}
        self._commands = threading.RLock()
        self._notices = count(1)
        self._feed = Feed(self.send)
        identity = uuid.uuid4().hex
        super().__init__(
            model_id=identity,
            identity=identity,
            digest=hashlib.sha256(static_text("explorer.js").encode()).hexdigest()[:16],
            holder=_hold(self),
            arrangement={"kind": kind},
            ui=dict(ui or {}),
        )
        self.on_msg(self._heard)

    def put(self, key: str, record: Record) -> None:
        """Show `record` under `key`, in place of the one before."""
        self._feed.put(key, record)

    def drop(self, key: str) -> None:
        """Show nothing under `key` any more."""
        self._feed.drop(key)

    def add_stream(self, stream: Stream) -> None:
        """Append the frames of `stream` to the curves; call `wake` when it has new data."""
        self._feed.add_stream(stream)

    def remove_stream(self, stream: Stream) -> None:
        """Take no more frames from `stream`."""
        self._feed.remove_stream(stream)

    def wake(self) -> None:
        """Say that a stream has new data."""
        self._feed.wake()

    def broadcast(self, points: int) -> bool:
        """Send what is shown to whoever listens, where no view answers: the kernel is busy. See `Feed.broadcast`."""
        return self._feed.broadcast(points)

    def wait_drawn(self, timeout: float) -> bool:
        """Return whether a view has drawn something within `timeout` seconds."""
        return self._feed.wait_drawn(timeout)

    def snapshot(self) -> dict[str, Record]:
        """Return what is on screen as records by key, frames as "frame/<n>/<i>": what a page needs."""
        return self._feed.snapshot()

    def on_command(self, handler: Handler, only: str | None = None) -> None:
        """Call `handler(name, args)` for each command, one at a time; what it raises is shown as a notice.

        Args:
          handler: takes the place of the one before.
          only: the one command it is for; None for all that have no handler of their own.
        """
        self._handlers[only] = handler

    def notify(
        self,
        title: str,
        text: str,
        *,
        level: str = "error",
        where: str | None = None,
        detail: str | None = None,
    ) -> str:
        """Show a notice and return its key."""
        key = f"notice/{next(self._notices)}"
        header = {"level": level, "title": title, "text": text, "where": where, "detail": detail}
        self.put(key, Record("notice", header))
        return key

    def failed(self, title: str, error: Exception) -> None:
        """Show what an exception was that nobody else would hear of."""
        detail = "".join(traceback.format_exception(error))
        self.notify(title, f"{type(error).__name__}: {error}", detail=detail)

    def close(self) -> None:
        """End the feed, then the widget."""
        if self._closed:
            return
        self._closed = True
        self._feed.close()
        _close(self)
        _release(self)

    def __repr__(self) -> str:
        return f"{self._title}: run this cell in JupyterLab to see it live"

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == "bundle":
            self.send({"type": "bundle"}, [static_text("explorer.js").encode()])
        elif kind == "command":
            self._command(str(content.get("name")), dict(content.get("args") or {}))
        self._feed.heard(content)

    def _command(self, name: str, args: dict[str, Any]) -> None:
        with self._commands:
            try:
                handler = self._handlers.get(name) or self._handlers.get(None)
                if handler is None:
                    raise LookupError("nothing listens to the commands of this panel")
                handler(name, args)
            except FieldError as error:
                self.notify(f"{error.field}: {error.problem}", error.allowed)
            except Exception as error:  # Jupyter swallows what a callback raises: show it instead
                self.failed(f"The command “{name}” did not work", error)
