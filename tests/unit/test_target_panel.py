"""A panel of an inspection for a machine that is not here: picked, cancelled, and what it cannot do said."""

import time

import numpy as np
import pytest
from target_functions import S, endless, small

import explorer
from explorer.app.inspect_panel import InspectPanel
from explorer.app.show import with_about
from explorer.compiler.subject import Subject
from explorer.compiler.targets.process import process_for
from explorer.views.panel import Panel


def opened(fn, *args):
    """A panel of a look at a function for what runs here."""
    inspection, panel = explorer.inspect(fn, *args), Panel("inspection")
    for key, record in with_about(inspection, inspection.records()).items():
        panel.put(key, record)
    inside = InspectPanel(inspection, panel)
    assert inside.wait(60)
    return inside, panel


@pytest.fixture
def shown():
    inside, panel = opened(small, S((8, 128), np.float32))
    yield inside, panel
    panel.close()


def subject(panel):
    return panel.snapshot()["subject/function"].header


def hlo(panel):
    return panel.snapshot()["stage/function/hlo"]


def pick(inside, target):
    inside.command("set_target", {"target": target})
    assert inside.wait(60)


def test_the_program_of_a_tpu_comes_with_its_links_and_figures(shown):
    inside, panel = shown
    assert subject(panel)["target"] is None
    assert [each["can"] for each in subject(panel)["targets"] if each["name"].startswith("tpu")] == ["compile only"] * 5
    pick(inside, "tpu-v5e:4x4")
    assert (subject(panel)["target"], subject(panel)["size"]) == ("tpu-v5e:4x4", "4x4")
    assert "T(8,128)" in hlo(panel).buffers["text"]
    assert len(hlo(panel).buffers["links"]) > 0
    assert panel.snapshot()["about"].header["device"] == "TPU v5e, 4x4 chips (compile only)"
    assert panel.snapshot()["instructions/function"].header["counted_by"] == "XLA"
    pick(inside, None)
    assert "T(8,128)" not in hlo(panel).buffers["text"]
    assert (subject(panel)["target"], subject(panel)["size"]) == (None, None)


def test_a_device_here_can_be_picked_by_name(shown):
    inside, panel = shown
    pick(inside, explorer.devices()[0])
    assert subject(panel)["target"] == explorer.devices()[0]
    assert hlo(panel).header["available"]


def test_an_arrangement_that_does_not_fit_is_said_at_the_picker(shown):
    inside, panel = shown
    pick(inside, "tpu-v5p:4x4")
    problem = subject(panel)["problem"]
    assert problem["field"] == "target"
    assert "three numbers such as 2x2x1" in problem["text"]
    assert hlo(panel).header["available"]


def test_a_mesh_that_is_typed_spreads_the_program(shown):
    inside, panel = shown
    assert subject(panel)["sharding"] is None
    pick(inside, "tpu-v5e:2x2")
    now = subject(panel)["sharding"]
    assert (now["mesh"], now["specs"], now["most"], now["splits"]) == ("", "", 4, [])
    assert now["meshes"] == ["data=4", "data=2, model=2"]
    inside.command("set_sharding", {"mesh": "data=4", "specs": "data, None"})
    assert inside.wait(60)
    now = subject(panel)["sharding"]
    assert (now["mesh"], now["specs"]) == ("data=4", "data, None")
    assert "num_partitions=4" in hlo(panel).buffers["text"]
    assert "f32[2,128]" in hlo(panel).buffers["text"]  # the quarter of a chip
    for mesh, specs, field, says in (
        ("data", "", "mesh", "Write such as data=4, model=2."),
        ("data=4", "batch", "specs", "no axis 'batch'"),
        ("data=16", "data", "mesh", "up to 4, as TPU v5e, 2x2 chips has"),
    ):
        inside.command("set_sharding", {"mesh": mesh, "specs": specs})
        assert inside.wait(60)
        problem = subject(panel)["problem"]
        assert (problem["field"], says in problem["text"]) == (field, True)
    inside.command("set_sharding", {"mesh": "", "specs": ""})
    assert inside.wait(60)
    assert "num_partitions" not in hlo(panel).buffers["text"]


def test_measuring_there_is_refused_on_screen(shown):
    inside, panel = shown
    pick(inside, "tpu-v6e")
    inside.command("measure", {"function": "function"})
    assert inside.wait(60)
    notices = [record.header for record in panel.snapshot().values() if record.kind == "notice"]
    assert any("TPU v6e, 2x2 chips is not in this machine" in notice["text"] for notice in notices)


@pytest.mark.parametrize(
    ("command", "args", "reason"),
    [("cancel", {}, "Cancelled."), ("set_target", {"target": "tpu"}, "There is no TPU here")],
    ids=["the button", "another choice"],
)
def test_what_never_finishes_ends_with(monkeypatch, shown, command, args, reason):
    inside, panel = shown
    monkeypatch.setattr(inside, "subject", Subject(endless, (S((256, 256), np.float32),)))
    inside.command("set_target", {"target": "tpu-v5e"})
    until = time.monotonic() + 30
    while not process_for("tpu").busy and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.3)
    assert subject(panel)["busy"] == "Compiling for TPU v5e, 2x2 chips …"
    assert subject(panel)["size"] == "2x2"
    inside.command(command, args)
    assert inside.wait(30)
    assert hlo(panel).header["reason"].startswith(reason)
    told = subject(panel)["problem"]
    assert told is None if command != "cancel" else told["field"] == "target" and told["text"].startswith(reason)
    assert subject(panel)["busy"] is None
