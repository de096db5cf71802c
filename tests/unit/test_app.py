"""The explorer without a browser: commands in, records out."""

import threading
import time

import contract_models
import numpy as np
import pytest
from explorers import SMALL, settle
from ipywidgets.widgets.widget import _instances

import explorer
from explorer.app.draft import Draft
from explorer.app.form import form_record
from explorer.app.worker import Worker
from explorer.errors import FieldError
from explorer.training.config import Choice, RunConfig


def command(app, name, **args) -> None:
    """Send a command as the front end does."""
    app.panel._heard(app.panel, {"type": "command", "view": "v", "name": name, "args": args}, [])


def field(records, name) -> dict:
    """Return one field of the form."""
    return next(f for f in records["form"].header["fields"] if f["name"] == name)


def until(condition, seconds=30) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.01)


def test_it_opens_with_something_true_on_screen(app):
    records = settle(app)
    assert records["status"].header["status"] == "ready"
    assert set(records["status"].header["can"]) >= {"start", "step"}
    assert records["model"].header["count"] == 2
    assert records["data"].header["truth"] == {"w": [3.0], "b": [2.0]}
    assert "mul" in records["stage/loss/jaxpr"].buffers["text"] or "dot" in records["stage/loss/jaxpr"].buffers["text"]
    assert [p["name"] for p in records["parameters"].header["parameters"]] == ["b", "w"]


def test_start_trains_to_the_end_and_the_curve_is_there(app):
    command(app, "start")
    settle(app)
    app.run.wait(60)
    records = settle(app)
    assert records["status"].header["status"] == "finished"
    frame = next(r for k, r in records.items() if k.startswith("frame/"))
    names = [s["name"] for s in frame.header["series"]]
    index = names.index("loss")
    np.testing.assert_array_equal(frame.buffers[f"{index}/values"], app.run.history.column("loss"))
    assert {"held_out/loss", "grad_norm/w", "update_ratio/w", "learning_rate"} <= set(names)


def test_pause_step_resume_stop_and_reset(app):
    command(app, "set", field="steps", value=50_000_000)
    command(app, "start")
    until(lambda: app.run.step_count > 100)
    command(app, "pause")
    app.run.wait(10)
    assert app.run.status == "paused"
    at = app.run.step_count
    command(app, "step")
    settle(app)
    app.run.wait(10)
    assert app.run.step_count == at + 1
    command(app, "resume")
    until(lambda: app.run.step_count > at + 100)
    command(app, "stop")
    app.run.wait(10)
    assert app.run.status == "stopped"
    old = app.run
    command(app, "reset")
    records = settle(app)
    assert app.run.status == "ready"
    assert app.runs[0] is old
    assert len(records["runs"].header["runs"]) == 2


def test_the_learning_rate_moves_live(app):
    command(app, "set", field="steps", value=50_000_000)
    command(app, "start")
    until(lambda: app.run.step_count > 100)
    command(app, "set", field="optimizer.learning_rate", value="0.05")
    until(lambda: app.run.events)
    assert app.run.status == "running"
    assert app.run.events[0].value == 0.05
    command(app, "set", field="optimizer.learning_rate", value="fast")
    records = settle(app)
    assert "above 0" in field(records, "optimizer.learning_rate")["problem"]
    assert app.run.status == "running"
    assert field(records, "batch_size")["disabled"]
    assert "disabled" not in field(records, "optimizer.learning_rate")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("steps", "-1", "a whole number from 1"),
        ("optimizer.learning_rate", "fast", "must be a number above 0; you gave 'fast'"),
        ("device", "gpu:9", "Allowed: cpu"),
        ("batch_size", "100000", "at most the number of training examples, 800"),
        ("seed", str(2**70), "from 0 to 4,294,967,295"),
        ("dataset", "mnits", "Did you mean 'mnist'"),
        ("dataset.noise", "loud", "you gave 'loud'"),
    ],
)
def test_bad_input_is_said_at_its_field_and_nothing_is_lost(app, name, value, said):
    command(app, "step", n=5)
    settle(app)
    app.run.wait(30)
    before = app.run
    command(app, "set", field=name, value=value)
    records = settle(app)
    shown = field(records, name)
    assert said in shown["problem"]
    assert str(shown["value"]) == value
    assert app.run is before
    assert app.run.step_count == 5
    assert "start" not in records["status"].header["can"]
    command(app, "undo")
    assert field(settle(app), name)["problem"] is None


def test_a_misspelt_option_is_refused_with_a_hint():
    with pytest.raises(FieldError, match="learning_rate"):
        explorer.Explorer(optimizer=Choice("adam", learning_rat=1))
    with pytest.raises(FieldError, match="Allowed: model"):
        explorer.Explorer(modl="linear-regression")


def test_what_does_not_fit_is_greyed_with_the_reason():
    app = explorer.Explorer(model="neural-network", steps=10)
    try:
        app.panel  # noqa: B018
        records = settle(app)
        options = {o["value"]: o for o in field(records, "dataset")["options"]}
        assert options["mnist"]["reason"] is None
        assert "float32" in options["linear"]["reason"]
        optimizers = field(records, "optimizer")["options"]
        assert sum(o["group"] == "Common" for o in optimizers) == 6
        assert next(o for o in optimizers if o["value"] == "sam")["reason"]
    finally:
        app.close()


def test_runs_are_named_by_what_differs(app):
    command(app, "start")
    settle(app)
    app.run.wait(60)
    command(app, "set", field="optimizer", value="sgd")
    command(app, "start")
    settle(app)
    app.run.wait(60)
    listed = settle(app)["runs"].header["runs"]
    assert [r["name"].split(",")[0] for r in listed] == ["adam", "sgd"]
    command(app, "remove_run", run=listed[0]["id"])
    assert len(settle(app)["runs"].header["runs"]) == 1


def test_picking_a_parameter_shows_its_gradient(app):
    command(app, "step", n=3)
    settle(app)
    app.run.wait(30)
    command(app, "select_parameter", parameter="w")
    record = settle(app)["gradient/w"]
    assert record.header["step"] == 3
    batch = app.run.batch_after(3)
    w, b = app.run.params["w"], app.run.params["b"]
    error = batch["x"] @ w + b - batch["y"]
    np.testing.assert_allclose(record.buffers["values"], (2 * error * batch["x"][:, 0]).mean(), rtol=1e-5)


@pytest.mark.parametrize("function", ["model", "loss", "gradient", "train_step"])
def test_every_function_has_its_three_stages_and_its_cost(app, function):
    command(app, "inspect", function=function)
    records = settle(app)
    for stage in ("jaxpr", "stablehlo", "hlo"):
        assert records[f"stage/{function}/{stage}"].header["available"]
    header = records[f"inspection/{function}"].header
    assert header["problem"] is None
    assert header["times_ms"]["compile"] > 0
    assert header["cost"]["flops"] > 0
    assert header["memory"]["argument_bytes"] > 0


def test_a_model_that_raises_shows_its_line_and_the_explorer_goes_on(catalog, monkeypatch):
    catalog.register("model", contract_models.broken)
    app = explorer.Explorer(model="broken", steps=10)
    try:
        app.panel  # noqa: B018
        settle(app)
        monkeypatch.setitem(contract_models.BROKEN, "now", True)
        command(app, "start")
        settle(app)
        until(lambda: app.panel.snapshot()["status"].header["status"] == "failed")
        problem = settle(app)["status"].header["problem"]
        assert "broke on purpose" in problem["text"]
        assert "contract_models.py" in problem["where"]
        command(app, "set", field="model", value="linear-regression")
        command(app, "start")
        settle(app)
        app.run.wait(60)
        assert app.run.status == "finished"
    finally:
        app.close()


def test_a_command_that_fails_reaches_the_screen(app):
    command(app, "nonsense")
    command(app, "resume")
    notices = [r.header for k, r in settle(app).items() if k.startswith("notice/")]
    assert any("nonsense" in n["text"] for n in notices)
    assert any("cannot resume a run that is ready" in n["text"] for n in notices)


def test_the_script_and_the_page_are_offered(app):
    command(app, "start")
    settle(app)
    app.run.wait(60)
    command(app, "script")
    command(app, "save_page")
    records = settle(app)
    assert "optax.adam(learning_rate=0.1)" in records["script"].buffers["text"]
    html = records["page"].buffers["html"]
    assert html.startswith("<!doctype html>")
    assert 'data-key="stage/train_step/hlo"' in html
    assert 'data-key="gradient/w"' in html


def test_open_and_close_leave_nothing():
    explorer.Explorer(**SMALL).close()
    threads, widgets = threading.active_count(), len(_instances)
    for _ in range(5):
        app = explorer.Explorer(**SMALL)
        app._repr_mimebundle_()
        command(app, "start")
        settle(app)
        app.close()
        until(lambda: threading.active_count() <= threads)
    assert len(_instances) == widgets


def test_without_a_front_end_it_returns_at_once_and_leaves_a_picture(app):
    start = time.perf_counter()
    bundle = app._repr_mimebundle_()
    assert time.perf_counter() - start < 2
    assert bundle["text/html"].startswith("<img")
    assert "model_id" in bundle["application/vnd.jupyter.widget-view+json"]


def test_a_worker_replaces_what_waits_and_brings_errors_out():
    seen, errors, gate = [], [], threading.Event()
    worker = Worker("test", errors.append)
    worker.submit("first", gate.wait)
    worker.submit("same", lambda: seen.append("old"))
    worker.submit("same", lambda: seen.append("new"))
    worker.submit("bad", lambda: 1 / 0)
    worker.submit("last", lambda: seen.append("last"))
    gate.set()
    assert worker.wait(5)
    assert seen == ["new", "last"]
    assert isinstance(errors[0], ZeroDivisionError)
    assert not [t for t in threading.enumerate() if t.name == "explorer-test"]


def test_the_form_keeps_what_was_typed_and_takes_a_model_s_defaults():
    draft = Draft.of(RunConfig())
    draft = draft.set("seed", "7")
    draft = draft.set("model", "linear-regression")
    assert draft.setup.config.dataset.name == "linear"
    assert draft.setup.config.optimizer["learning_rate"] == 0.1
    assert draft.setup.config.seed == 7
    wrong = draft.set("steps", "lots").set("batch_size", "0")
    assert set(wrong.problems) == {"steps", "batch_size"}
    record = form_record(wrong, {}, None, "learning_rate")
    assert "2 fields" in record.header["problem"]
    assert wrong.set("steps", "10").set("batch_size", "8").setup.config.steps == 10


def test_the_figures_of_a_function_come_with_it_and_are_measured_when_asked(app):
    until(lambda: "summary/loss" in app.panel.snapshot(), 60)
    source = settle(app)["source/loss"].header
    lines = source["files"][source["main"]]["text"].split("\n")
    assert "batch[" in lines[source["first"] - 1], "the model's own file, at the first line that became something"
    before = settle(app)["instructions/loss"]
    assert before.header["measured"] is None
    command(app, "measure", function="loss")
    after = settle(app)["instructions/loss"]
    assert after.header["measured"] is not None
    assert np.nansum(after.buffers["measured_us"]) > 0
    command(app, "issue", function="loss")
    text = settle(app)["issue/loss"].buffers["text"]
    assert "## Excerpt of the optimized HLO" in text
    program = text.split("```python\n")[1].split("\n```")[0]
    compile(program, "issue", "exec")
    assert "import explorer" not in program  # it runs where there is no explorer
    assert "jax.jit" in program
    command(app, "passes", function="loss")
    assert settle(app)["passes/loss"].header["passes"]


def test_nothing_is_measured_while_a_run_trains(app):
    settle(app)
    app.run.start()
    command(app, "measure", function="loss")
    app.run.pause()
    notices = [r.header["text"] for k, r in settle(app).items() if k.startswith("notice/")]
    assert any("Pause or stop the run first" in text for text in notices)
