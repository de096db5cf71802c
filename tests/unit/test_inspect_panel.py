"""The panel of an inspection: its controls change what is looked at, in a thread, and what does not fit is said."""

from __future__ import annotations

import threading
import time

import jax
import jax.numpy as jnp
import pytest
from inspection_panels import opened, subject

import explorer
from explorer.app.inspect_panel import InspectPanel
from explorer.app.show import bundle_of, with_about
from explorer.views.panel import Panel

W = jax.ShapeDtypeStruct((16, 4), jnp.float32)
X = jax.ShapeDtypeStruct((32, 16), jnp.float32)


def predict(w, x):
    return jnp.tanh(x @ w)


@pytest.fixture
def shown():
    with opened(explorer.inspect(predict, W, X)) as inside_and_panel:
        yield inside_and_panel


def jaxpr(panel):
    return panel.snapshot()["stage/function/jaxpr"].buffers["text"]


def test_the_figures_come_after_the_texts(shown):
    _, panel = shown
    assert {"instructions/function", "summary/function", "about", "source/function"} <= set(panel.snapshot())


def test_of_a_large_program_the_first_text_is_on_screen_before_the_others_are_made(monkeypatch):
    monkeypatch.setattr("explorer.compiler.shown.QUICK", 10)
    inspection = explorer.inspect(predict, W, X)
    first = inspection.first_records()
    assert "stage/function/jaxpr" in first
    assert inspection.stages["hlo"].pending
    assert all(stage["available"] for stage in first["inspection/function"].header["stages"])
    panel = Panel("inspection")
    for key, record in with_about(inspection, first).items():
        panel.put(key, record)
    assert InspectPanel(inspection, panel).wait(60)
    whole = panel.snapshot()
    assert whole["stage/function/hlo"].buffers["text"] == inspection.stages["hlo"].text
    assert whole["source/function"].header["files"] == inspection.records()["source/function"].header["files"]
    panel.close()


def test_a_transformation_a_dtype_and_a_size_add_up(shown):
    inside, panel = shown
    inside.command("set_transforms", {"transforms": [{"name": "jacrev", "options": {"argnums": 0}}]})
    inside.command("set_dtype", {"dtype": "bfloat16"})
    inside.command("set_axis", {"argument": "x", "axis": 0, "size": 8})
    inside.command("set_axis", {"argument": "x", "axis": 0, "size": 64})
    assert inside.wait(60)
    header = subject(panel)
    assert [t["name"] for t in header["transforms"]] == ["jacrev"]
    assert header["dtype"] == "bfloat16"
    assert [a["shape"] for a in header["arguments"]] == [[16, 4], [64, 16]]
    assert (header["busy"], header["problem"]) == (None, None)
    assert "bf16[64,16]" in jaxpr(panel)
    assert "transpose" in panel.snapshot()["stage/function/hlo"].buffers["text"]
    told = panel.snapshot()["comparison/function"].header
    assert told["with"].startswith("predict")
    assert told["verdict"]


def test_what_does_not_fit_is_said_and_what_was_there_stays(shown):
    inside, panel = shown
    before = jaxpr(panel)
    inside.command("set_transforms", {"transforms": [{"name": "grad"}]})
    assert inside.wait(60)
    header = subject(panel)
    assert header["problem"]["field"] == "grad"
    assert "needs one number to differentiate, and is given float32[32,4]" in header["problem"]["text"]
    assert [t["name"] for t in header["transforms"]] == ["grad"]  # as chosen, to be mended
    assert jaxpr(panel) == before
    inside.command("set_transforms", {"transforms": []})
    assert inside.wait(60)
    assert subject(panel)["problem"] is None
    assert subject(panel)["transforms"] == []


def test_what_the_function_raises_is_said_at_the_control():
    def picky(x):
        if x.shape[0] > 4:
            raise ValueError("at most four rows")
        return x

    inspection, panel = explorer.inspect(picky, jnp.ones((2, 2))), Panel("inspection")
    inside = InspectPanel(inspection, panel)
    inside.command("set_axis", {"argument": "x", "axis": 0, "size": 8})
    assert inside.wait(60)
    problem = subject(panel)["problem"]
    assert problem["field"] == "x, axis 0"
    assert "cannot be 8" in problem["text"]
    panel.close()


def test_a_command_returns_at_once_and_says_that_it_is_busy(monkeypatch, shown):
    inside, panel = shown
    go = threading.Event()
    look = type(inside.subject).look
    monkeypatch.setattr(type(inside.subject), "look", lambda self: go.wait(30) and look(self))
    start = time.perf_counter()
    inside.command("set_dtype", {"dtype": "float16"})
    assert time.perf_counter() - start < 0.5
    assert subject(panel)["busy"] == "Looking again …"
    go.set()
    assert inside.wait(60)
    assert subject(panel)["busy"] is None
    assert "f16[32,16]" in jaxpr(panel)


def test_measuring_fills_in_the_microseconds(shown):
    inside, panel = shown
    inside.command("measure", {"function": "function"})
    assert inside.wait(120)
    header = panel.snapshot()["instructions/function"].header
    assert header["measured"]["runs"] > 0
    assert subject(panel)["busy"] is None


def test_an_issue_is_written_when_asked_for(shown):
    inside, panel = shown
    assert "issue/function" not in panel.snapshot()
    inside.command("issue", {"function": "function"})
    assert inside.wait(60)
    text = panel.snapshot()["issue/function"].buffers["text"]
    assert "def predict(w, x):" in text


def test_a_cell_that_ends_with_an_inspection_has_a_panel_that_listens():
    bundle = bundle_of(explorer.inspect(predict, W, X))
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "JAX recorded (jaxpr)" not in bundle["text/plain"]


def test_passes_come_when_asked_for_and_then_with_every_look(shown):
    inside, panel = shown
    assert "passes/function" not in panel.snapshot()
    inside.command("passes", {"function": "function"})
    assert inside.wait(60)
    first = panel.snapshot()["passes/function"]
    assert first.buffers["text"].startswith("HloModule jit_predict")
    inside.command("set_axis", {"argument": "x", "axis": 0, "size": 48})
    assert inside.wait(60)
    assert "f32[48,16]" in panel.snapshot()["passes/function"].buffers["text"]
    assert "f32[48,16]" not in first.buffers["text"]
