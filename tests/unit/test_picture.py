"""The still picture: well-formed, says what there is, and no name can break out of it."""

import base64
import re
import xml.etree.ElementTree as ET
from functools import partial

import numpy as np
import pytest

import explorer
from explorer.app.show import picture_bundle, with_about
from explorer.catalog.contract import Dataset
from explorer.catalog.pictures import data_record
from explorer.compiler.stage import STAGES
from explorer.records import Record
from explorer.views.panel import Panel
from explorer.views.picture import picture

HOSTILE = "</text><script>alert(1)</script>\"'&\0\x1b[31m\ud800"
LINE = "\n"
SVG = "{http://www.w3.org/2000/svg}"


def read(records):
    """The picture as an element tree, and its words as one text."""
    tree = ET.fromstring(picture(records))
    return tree, "\n".join(node.text or "" for node in tree.iter(f"{SVG}text"))


def frame(run="1", **series):
    """A frame with series that each begin at step 1."""
    buffers, entries = {}, []
    for index, (name, values) in enumerate(series.items()):
        entries.append({"name": name.replace("held_out_", "held_out/"), "group": "train"})
        buffers[f"{index}/steps"] = np.arange(1, len(values) + 1, dtype=np.uint32)
        buffers[f"{index}/values"] = np.asarray(values, np.float32)
    return Record("frame", {"run": run, "reset": True, "series": entries, "events": []}, buffers)


def status(status="finished", step=4, problem=None):
    more = {"steps_per_second": None, "seconds_left": None, "activity": None, "can": [], "problem": problem}
    return Record("status", {"run": "1", "status": status, "step": step, "steps": 4, **more})


def lines_of(tree):
    """Every curve as points, float[n, 2] from the top left."""
    return [
        np.array([[float(c) for c in p.split(",")] for p in node.get("points").split()])
        for node in tree.iter(f"{SVG}polyline")
    ]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("neural-network", ("Neural network on MNIST digits", "203,530 parameters", "784", "4,000 examples")),
        ("linear-regression", ("Linear regression", "2 parameters", "800 examples", "true w = 3, true b = 2")),
    ],
)
def test_before_a_run_it_shows_the_model_and_real_examples(model, expected):
    app = explorer.Explorer(model=model)
    try:
        tree, words = read(app.panel.snapshot())
    finally:
        app.close()
    for each in (*expected, "Ready to train for 1,000 steps", "Run this cell in JupyterLab to see it live"):
        assert each in words
    assert len(list(tree.iter(f"{SVG}circle"))) == (200 if model == "linear-regression" else 0)
    images = [node.get("href") for node in tree.iter(f"{SVG}image")]
    assert len(images) == (model == "neural-network")
    assert all(base64.b64decode(href.partition(",")[2]).startswith(b"\x89PNG") for href in images)


def test_after_a_run_it_shows_the_curves_with_their_axes_and_where_they_end():
    run = explorer.train(model="neural-network", steps=60, eval_every=20, progress=False)
    app_records = {
        **with_about(run, run.records()),
        "frame/0": frame(run.id, loss=run.history.column("loss"), held_out_loss=[2, 1]),
    }
    tree, words = read(app_records)
    assert "Finished at step 60 of 60" in words
    assert f"training loss {run.history.column('loss')[-1]:.3g}" in words
    for each in ("step", "loss, logarithmic", "training loss", "held-out loss", "60"):
        assert each in words.split("\n")
    assert len(lines_of(tree)) == 2


def test_a_spike_survives_and_what_is_not_finite_does_not_harm():
    values = np.full(50_000, 1.0)
    values[12_345], values[7], values[8] = 900.0, np.nan, np.inf
    tree, _ = read({"status": status(), "frame/0": frame(loss=values)})
    (points,) = lines_of(tree)
    assert len(points) < 1000
    assert np.isfinite(points).all()
    spike = points[points[:, 1].argmin()]
    rest = np.delete(points, points[:, 1].argmin(), 0)
    assert spike[1] + 100 < rest[:, 1].min()
    share = (spike[0] - points[0, 0]) / (points[-1, 0] - points[0, 0])
    assert share == pytest.approx(12_345 / 50_000, abs=0.005)


def test_a_loss_that_falls_below_zero_has_a_linear_axis():
    tree, words = read({"frame/0": frame(loss=[3.0, 1.0, -1.0])})
    assert "loss" in words.split("\n")
    assert "-1" in words.split("\n")
    (points,) = lines_of(tree)
    assert points[1, 1] - points[0, 1] == pytest.approx(points[2, 1] - points[1, 1], abs=0.3)


def test_several_runs_are_told_apart_by_name_and_colour():
    runs = [{"id": i, "name": n, "status": "finished", "summary": ""} for i, n in (("1", "adam"), ("2", "sgd"))]
    records = {
        "runs": Record("runs", {"runs": runs, "current": "2"}),
        "frame/1/0": frame("1", loss=[3, 2]),
        "frame/2/0": frame("2", loss=[3, 1]),
    }
    tree, words = read(records)
    assert {"adam", "sgd"} <= set(words.split("\n"))
    assert {node.get("class") for node in tree.iter(f"{SVG}polyline")} == {"curve c0", "curve c1"}


def test_a_run_that_diverged_says_so():
    problem = {"title": "Stopped at step 3: a number was not finite", "text": "", "where": None, "detail": None}
    _, words = read({"status": status("diverged", 3, problem), "frame/0": frame(loss=[1, 2])})
    assert "Stopped at step 3: a number was not finite" in words


def test_an_inspection_shows_its_stages_and_what_xla_reports():
    seen = explorer.inspect(lambda a: a @ a, np.ones((8, 8), np.float32))
    _, words = read(with_about(seen, seen.records()))
    for name in STAGES:
        stage = seen.stages[name]
        assert f"{len(stage.text.split(LINE)):,} lines" in words
    assert f"{seen.cost['flops']:,.0f}" in words.split("\n")
    for each in (
        "JAX recorded (jaxpr)",
        "Handed to XLA (StableHLO)",
        "Runs on the device (HLO)",
        "FLOPs",
        "compile time",
    ):
        assert each in words
    assert seen.stages["jaxpr"].text.splitlines()[0] in words


def test_names_cannot_break_out():
    about = {"title": HOSTILE, "subtitle": HOSTILE, "device": HOSTILE, "versions": {"jax": HOSTILE}, "live": True}
    layers = [{"name": HOSTILE, "shape": [2], "text": HOSTILE}] * 9
    model = {"name": HOSTILE, "title": HOSTILE, "summary": HOSTILE, "layers": layers, "count": 1}
    preview = {"kind": "table", "columns": [HOSTILE], "rows": [[HOSTILE]]}
    data = {"name": HOSTILE, "title": HOSTILE, "summary": "", "fields": [], "truth": {HOSTILE: HOSTILE}}
    runs = [{"id": i, "name": HOSTILE, "status": "", "summary": ""} for i in "12"]
    problem = {"title": HOSTILE, "text": HOSTILE, "where": None, "detail": None}
    before = {
        "about": Record("about", about),
        "model": Record("model", model),
        "data": Record("data", {**data, "preview": preview}),
        "status": status("failed", 0, problem),
    }
    after = {**before, "runs": Record("runs", {"runs": runs, "current": "1"})}
    after |= {f"frame/{run}/0": frame(run, loss=[2, 1]) for run in "12"}
    for records in (before, after):
        tree, words = read(records)
        assert not list(tree.iter(f"{SVG}script"))
        assert "script>" in words or "<scr" in words
        raw = picture(records)
        raw.encode()
        assert not re.search("[\0\x1b]|<script", raw)


def test_every_kind_of_preview_can_be_drawn():
    x = np.zeros((30, 3), np.float32)
    for train in ({"x": x, "y": x}, {}, {"x": x[:, 0] * np.nan, "y": x[:, 0]}):
        dataset = Dataset("odd", "Odd", "Odd data.", partial(tuple, (train, None)), ("x",) if train else ())
        tree, words = read({"data": data_record(dataset)})
        assert "Data: Odd" in words
        assert float(tree.get("height")) < 400


def test_a_notebook_holds_it_as_an_image_beside_the_widget():
    panel = Panel()
    try:
        bundle = picture_bundle(panel, {"frame/0": frame(loss=[2, 1])})
    finally:
        panel.close()
    (source,) = re.findall(r'<img alt="[^"]+" src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)">', bundle["text/html"])
    assert ET.fromstring(base64.b64decode(source)).tag == f"{SVG}svg"
    assert "application/vnd.jupyter.widget-view+json" in bundle
