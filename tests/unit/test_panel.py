"""The panel without a browser: what it hears, what it shows when a command fails, what it leaves behind."""

import threading
import time
import weakref

import comm
import ipywidgets.widgets.widget as ipywidgets_widget
import pytest

from explorer.errors import FieldError
from explorer.records import Record, decode
from explorer.views import panel as module
from explorer.views.panel import Panel


@pytest.fixture
def sent(monkeypatch):
    """Every message that goes out over any comm: (data, buffers)."""
    messages = []

    def publish(self, kind, data=None, metadata=None, buffers=None, **_):
        messages.append((data, buffers or []))

    monkeypatch.setattr(comm.DummyComm, "publish_msg", publish)
    return messages


@pytest.fixture
def panel(sent, monkeypatch):
    """The first panel, whatever panels other tests have left open."""
    monkeypatch.setattr(module, "_open", weakref.WeakSet())
    monkeypatch.setattr(module, "_holder", None)
    made = Panel()
    yield made
    made.close()


def open_widgets():
    """The model ids of all widgets that are open in this process."""
    return set(ipywidgets_widget._instances)


def hear(panel, content):
    """Deliver a message as the comm does."""
    panel._handle_custom_msg(content, [])


def shown(sent, count, seconds=3):
    """The records that reached the view, once there are `count`."""
    end = time.monotonic() + seconds
    while True:
        items = [
            (item["key"], decode(bytes(raw)))
            for data, buffers in sent
            if data.get("method") == "custom" and data["content"].get("type") == "batch"
            for item, raw in zip(data["content"]["items"], buffers, strict=True)
        ]
        if len(items) >= count:
            return items
        assert time.monotonic() < end, items
        time.sleep(0.01)


def test_a_command_reaches_the_handler_with_its_arguments(panel):
    got = []
    panel.on_command(lambda name, args: got.append((name, args)))
    hear(
        panel,
        {"type": "command", "view": "v", "name": "set", "args": {"field": "learning_rate", "value": "fast"}},
    )
    assert got == [("set", {"field": "learning_rate", "value": "fast"})]


def test_what_a_handler_raises_is_shown(panel, sent):
    def handler(name, args):
        raise ZeroDivisionError("no steps")

    panel.on_command(handler)
    hear(panel, {"type": "ready", "view": "v"})
    hear(panel, {"type": "command", "view": "v", "name": "start", "args": {}})
    ((key, record),) = shown(sent, 1)
    assert key == "notice/1"
    assert "start" in record.header["title"]
    assert record.header["text"] == "ZeroDivisionError: no steps"
    assert "in handler" in record.header["detail"]


def test_a_field_error_is_shown_in_its_own_words(panel, sent):
    def handler(name, args):
        raise FieldError("steps", "must be 1 or more; you gave -1.", "Whole numbers from 1 are allowed.")

    panel.on_command(handler)
    hear(panel, {"type": "ready", "view": "v"})
    hear(panel, {"type": "command", "view": "v", "name": "set", "args": {}})
    ((_, record),) = shown(sent, 1)
    assert record.header["title"] == "steps: must be 1 or more; you gave -1."
    assert record.header["text"] == "Whole numbers from 1 are allowed."
    assert record.header["detail"] is None


def test_records_may_be_put_on_any_thread(panel, sent):
    hear(panel, {"type": "ready", "view": "v"})
    threads = [threading.Thread(target=lambda i=i: panel.notify(f"n{i}", "t", level="info")) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    hear(panel, {"type": "ack", "view": "v", "seq": 9})
    assert len({key for key, _ in shown(sent, 20)}) == 20


def test_the_bundle_travels_once_for_all_panels_and_on_request(panel, sent):
    other = Panel()
    with_bundle = [d for d, _ in sent if "bundle" in d.get("state", {})]
    assert len(with_bundle) == 1
    assert other.holder == panel.holder
    hear(other, {"type": "bundle"})
    data, buffers = sent[-1]
    assert data["content"] == {"type": "bundle"}
    assert bytes(buffers[0]).decode() == module.static_text("explorer.js")
    other.close()


def test_a_panel_made_after_the_holder_was_closed_has_a_new_one(panel):
    module._holder.close()
    other = Panel()
    assert other.holder != panel.holder
    assert other.holder in open_widgets()
    other.close()


def test_opening_and_closing_leaves_nothing_behind(sent):
    threads, widgets = threading.active_count(), open_widgets()
    for _ in range(200):
        made = Panel()
        made.put(
            "notice/1",
            Record("notice", {"level": "info", "title": "", "text": "", "where": None, "detail": None}),
        )
        hear(made, {"type": "ready", "view": "v"})
        made.close()
        made.close()
    assert threading.active_count() == threads
    assert open_widgets() == widgets
    assert not comm.get_comm_manager().comms.keys() - widgets


def test_where_widgets_cannot_be_shown_there_is_a_sentence(panel):
    bundle = panel._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert "run this cell" in data["text/plain"]
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == panel.identity == panel.model_id
