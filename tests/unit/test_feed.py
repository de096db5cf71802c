"""The pump: what a view gets, in which order, and when it stops getting it."""

import json
import threading
import time

import numpy as np
import pytest

from explorer.records import PART_BYTES, Record, decode
from explorer.views.feed import Feed
from explorer.views.outbox import IN_FLIGHT, SMALL_BYTES


def notice(text):
    return Record("notice", {"level": "info", "title": "T", "text": text, "where": None, "detail": None})


def script(text):
    return Record("script", {"run": "1", "name": "s.py"}, {"text": text})


class Screen:
    """A front end that draws only when told; keeps what it was sent."""

    def __init__(self, **options):
        self.messages, self.changed = [], threading.Condition()
        self.feed = Feed(self.send, **{"interval": 0.005, "patience": 30.0, "idle": 0.1, **options})

    def send(self, content, buffers):
        json.dumps(content)
        with self.changed:
            self.messages.append((content, buffers))
            self.changed.notify_all()

    def batches(self, view):
        return [(c, b) for c, b in self.messages if c.get("to") == view]

    def wait(self, test, seconds=3.0):
        with self.changed:
            assert self.changed.wait_for(test, seconds), self.messages
            return self

    def settle(self, seconds=0.08):
        time.sleep(seconds)
        return self

    def ready(self, view="v"):
        self.feed.heard({"type": "ready", "view": view})

    def draw(self, view="v"):
        seq = max((c["seq"] for c, _ in self.batches(view)), default=0)
        self.feed.heard({"type": "ack", "view": view, "seq": seq})

    def run(self, view="v", until=lambda: False, seconds=3.0):
        """Draw everything that comes, as a healthy view does, until nothing more comes or `until`."""
        end, seen = time.monotonic() + seconds, -1
        while time.monotonic() < end and not until():
            self.draw(view)
            time.sleep(0.02)
            if seen == len(self.messages):
                return
            seen = len(self.messages)

    def keys(self, view="v"):
        return [i["key"] for c, _ in self.batches(view) for i in c["items"]]

    def whole(self, view="v"):
        """Assemble what was sent, as the browser does."""
        records, half, frames = {}, {}, []
        for content, buffers in self.batches(view):
            for item, raw in zip(content["items"], buffers, strict=True):
                key = item["key"]
                if item["of"] == 0:
                    records.pop(key, None)
                    continue
                if item["part"] == 0:
                    half[key] = []
                assert item["part"] == len(half[key]), "parts come in order"
                half[key].append(raw)
                if len(half[key]) == item["of"]:
                    record = decode(b"".join(half.pop(key)))
                    frames.append(record) if key == "frame" else records.update({key: record})
        return records, frames


@pytest.fixture
def screen():
    made = Screen()
    yield made
    made.feed.close()


class Counting:
    """A run of `total` steps whose loss is the step, read in chunks."""

    def __init__(self, total, run="a"):
        self.total, self.run, self.calls = total, run, 0

    def since(self, cursor, limit):
        self.calls += 1
        start = cursor or 0
        if start >= self.total and cursor is not None:
            return None, cursor
        stop = min(self.total, start + limit)
        steps = np.arange(start, stop, dtype=np.uint32)
        header = {
            "run": self.run,
            "reset": cursor is None,
            "series": [{"name": "loss", "group": "train"}],
            "events": [],
        }
        return Record("frame", header, {"0/steps": steps, "0/values": steps.astype(np.float32)}), stop


def test_ready_replays_everything_in_the_order_it_was_put(screen):
    screen.feed.put("notice/1", notice("one"))
    screen.feed.put("notice/2", notice("two"))
    assert screen.settle().messages == [], "no view, nothing to send"
    screen.ready()
    screen.wait(lambda: len(screen.keys()) == 2)
    assert screen.keys() == ["notice/1", "notice/2"]
    screen.ready()
    screen.wait(lambda: len(screen.keys()) == 4)
    assert [c["seq"] for c, _ in screen.batches("v")] == [1, 1], "a view that says ready again starts anew"


def test_ready_with_nothing_to_show_is_answered(screen):
    screen.ready()
    screen.wait(lambda: len(screen.messages) == 1)
    assert screen.messages[0][0] == {"type": "batch", "probe": False, "to": "v", "seq": 1, "items": []}


def test_a_bounded_number_of_batches_is_in_flight_and_the_rest_is_coalesced(screen):
    screen.ready()
    screen.wait(lambda: len(screen.messages) == 1)
    for i in range(100):
        screen.feed.put("notice/1", notice(str(i)))
        time.sleep(0.001)
    assert len(screen.batches("v")) == IN_FLIGHT, "the others wait until these are drawn"
    screen.draw()
    screen.run()
    assert len(screen.batches("v")) <= 2 * IN_FLIGHT
    assert screen.whole()[0]["notice/1"].header["text"] == "99"


def test_a_view_that_lost_a_batch_hears_its_number_again_and_gets_everything_when_it_asks():
    screen = Screen(patience=0.1)
    screen.feed.put("notice/1", notice("one"))
    screen.ready()
    screen.wait(lambda: len(screen.messages) >= 2)
    again = screen.messages[1][0]
    assert again["probe"]
    assert again["seq"] == 1
    assert again["items"] == [], "it only says which batch was the last"
    screen.ready()
    screen.wait(lambda: screen.keys() == ["notice/1"] * 2)
    screen.feed.close()


def test_a_silent_view_is_forgotten_and_gets_everything_when_it_speaks_again():
    screen = Screen(patience=0.005)
    screen.feed.put("notice/1", notice("one"))
    screen.ready()
    screen.wait(lambda: len(screen.messages) == 5).settle(0.3)
    assert len(screen.messages) == 5, "one batch, four probes"
    screen.feed.put("notice/2", notice("two"))
    assert len(screen.settle().messages) == 5
    screen.draw()
    screen.wait(lambda: screen.keys() == ["notice/1", "notice/1", "notice/2"])
    screen.feed.close()


def test_a_hidden_view_costs_nothing_and_then_gets_one_batch(screen):
    screen.ready()
    screen.run()
    screen.feed.heard({"type": "ack", "view": "v", "seq": 1, "hidden": True})
    stream = Counting(1000)
    screen.feed.add_stream(stream)
    for i in range(30):
        screen.feed.put("notice/1", notice(str(i)))
        screen.feed.wake()
        time.sleep(0.01)
    assert len(screen.messages) == 1
    assert stream.calls == 0
    screen.feed.heard({"type": "ack", "view": "v", "seq": 1, "hidden": False})
    screen.wait(lambda: len(screen.messages) == 2)
    records, frames = screen.whole()
    assert records["notice/1"].header["text"] == "29"
    assert len(frames[0].buffers["0/steps"]) == 1000


def test_two_views_each_get_everything_at_their_own_pace(screen):
    stream = Counting(100)
    screen.feed.add_stream(stream)
    screen.ready("slow")
    screen.ready("quick")
    screen.wait(lambda: screen.batches("slow") and screen.batches("quick"))
    for total in range(200, 100 * (2 * IN_FLIGHT), 100):
        stream.total = total
        screen.feed.wake()
        screen.run("quick")
    assert len(screen.batches("slow")) < len(screen.batches("quick"))
    screen.run("slow")
    for view in ("slow", "quick"):
        frames = screen.whole(view)[1]
        steps = np.concatenate([f.buffers["0/steps"] for f in frames])
        assert steps.tolist() == list(range(stream.total))
        assert [f.header["reset"] for f in frames] == [True] + [False] * (len(frames) - 1)


def test_a_view_that_says_bye_gets_nothing_more(screen):
    screen.ready()
    screen.run()
    screen.feed.heard({"type": "bye", "view": "v"})
    screen.feed.put("notice/1", notice("one"))
    assert screen.settle().keys() == []


def test_large_records_go_in_parts_and_never_hold_up_small_ones(screen):
    text = "".join(chr(33 + i % 90) for i in range(3 * PART_BYTES))
    screen.feed.put("script", script(text))
    screen.feed.put("notice/1", notice("small"))
    screen.ready()
    screen.wait(lambda: len(screen.batches("v")) == 2)
    first = screen.batches("v")[0]
    assert [i["key"] for i in first[0]["items"]] == ["notice/1", "script"]
    screen.feed.put("notice/1", notice("between"))
    screen.run()
    for _, buffers in screen.batches("v"):
        assert sum(map(len, buffers)) <= PART_BYTES + SMALL_BYTES
    records, _ = screen.whole()
    assert records["script"].buffers["text"] == text
    assert records["notice/1"].header["text"] == "between"


def test_a_large_record_replaced_half_way_arrives_as_the_new_one(screen):
    screen.feed.put("script", script("a" * 3 * PART_BYTES))
    screen.ready()
    screen.wait(lambda: len(screen.batches("v")) == 2)
    screen.feed.put("script", script("b" * 2 * PART_BYTES))
    screen.run()
    assert screen.whole()[0]["script"].buffers["text"] == "b" * 2 * PART_BYTES


def test_the_parts_of_a_large_text_do_not_wait_for_the_pace_of_the_curve():
    screen = Screen(interval=60.0)
    screen.feed.put("script", script("a" * 3 * PART_BYTES))
    screen.ready()
    screen.wait(lambda: len(screen.batches("v")) == 4)  # three parts, and the header's few bytes in one more


def test_dropping_a_record_reaches_the_view(screen):
    screen.feed.put("notice/1", notice("one"))
    screen.ready()
    screen.wait(lambda: screen.keys() == ["notice/1"]).draw()
    screen.feed.drop("notice/1")
    screen.wait(lambda: screen.keys() == ["notice/1", "notice/1"]).draw()
    assert screen.whole()[0] == {}
    screen.ready()
    screen.run()
    assert screen.keys() == ["notice/1", "notice/1"], "put, dropped, and not replayed"


def test_every_command_is_answered(screen):
    screen.ready()
    screen.run()
    count = len(screen.messages)
    screen.feed.heard({"type": "command", "view": "v", "name": "start", "args": {}})
    screen.wait(lambda: len(screen.messages) == count + 1)


def test_a_stream_that_raises_ends_alone_and_is_said(screen):
    class Broken:
        def since(self, cursor, limit):
            raise OSError("disk gone")

    screen.feed.add_stream(Broken())
    screen.feed.add_stream(Counting(10))
    screen.ready()
    screen.run()
    records, frames = screen.whole()
    (said,) = records.values()
    assert "disk gone" in said.header["text"]
    assert len(frames[0].buffers["0/steps"]) == 10


def test_the_thread_ends_when_there_is_nothing_to_send_and_starts_again():
    screen = Screen(idle=0.05)
    before = threading.active_count()
    screen.ready()
    screen.run()
    screen.settle(0.3)
    assert threading.active_count() == before
    screen.feed.put("notice/1", notice("one"))
    screen.wait(lambda: screen.keys() == ["notice/1"])
    screen.feed.close()
    assert threading.active_count() == before
    assert screen.messages[-1][0] == {"type": "closed"}


def test_a_record_that_cannot_be_sent_is_refused_where_it_is_put(screen):
    status = Record(
        "about",
        {"title": "", "subtitle": "", "device": "", "versions": {"jax": float("nan")}, "live": True},
    )
    with pytest.raises(ValueError, match="not JSON compliant"):
        screen.feed.put("about", status)


def test_snapshot_holds_every_record_and_the_streams_whole(screen):
    screen.feed.put("notice/1", notice("one"))
    screen.feed.add_stream(Counting(45_000))
    snapshot = screen.feed.snapshot()
    assert list(snapshot) == ["notice/1", "frame/1/0", "frame/1/1", "frame/1/2"]
    assert sum(len(r.buffers["0/steps"]) for k, r in snapshot.items() if k != "notice/1") == 45_000


def test_where_no_view_answers_all_is_told_to_everybody_and_a_view_that_speaks_gets_it_anew():
    screen = Screen()
    screen.feed.put("status", notice("step 1"))
    assert screen.feed.broadcast(100)  # a busy kernel has heard of no view
    content, buffers = screen.messages[-1]
    assert content["type"] == "broadcast"
    assert decode(buffers[0]).header["text"] == "step 1"
    screen.ready()
    screen.wait(lambda: screen.batches("v"))
    assert not screen.feed.broadcast(100)  # a view that answers has it already
    for step in range(2 * IN_FLIGHT):  # then the kernel is busy, and hears no acknowledgement
        screen.feed.put("status", notice(f"step {step}"))
        time.sleep(0.01)
    screen.wait(lambda: len(screen.batches("v")) == IN_FLIGHT)
    assert screen.feed.broadcast(100)
    assert decode(screen.messages[-1][1][0]).header["text"] == f"step {2 * IN_FLIGHT - 1}"
    screen.draw()
    screen.wait(lambda: len(screen.batches("v")) > IN_FLIGHT)
    assert screen.batches("v")[-1][0]["seq"] == 1
    screen.feed.close()
