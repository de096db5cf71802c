"""How a run's functions are compiled, chosen in the explorer: passes left out, options of XLA's, the machine."""

import time

import numpy as np
import pytest
from explorers import settle
from target_functions import S, endless

import explorer
from explorer.compiler.targets.process import process_for
from explorer.training.functions import functions_of


def heard(app, name, **args):
    app.panel._heard(app.panel, {"type": "command", "view": "v", "name": name, "args": args}, [])


def subject(records, function="loss"):
    return records[f"subject/{function}"].header


def size(records, function="loss"):
    return records[f"summary/{function}"].header["totals"]["instructions"]


@pytest.fixture
def network():
    app = explorer.Explorer(model="neural-network", steps=30)
    yield app
    app.close()


def test_only_how_it_is_compiled_can_be_chosen(app):
    header = subject(settle(app))
    assert header["name"] == "the loss"
    assert header["choices"] == []  # what it is, and its arguments, are the run's
    assert header["sharding"] is None
    assert header["target"] == explorer.devices()[0]
    assert any(entry["name"].startswith("tpu-v5e") for entry in header["targets"])


def test_a_pass_left_out_is_left_out_of_every_function_and_compared(network):
    before = settle(network)
    heard(network, "passes", function="loss")
    assert "passes/loss" in settle(network)
    heard(network, "set_passes_off", passes=["fusion"])
    after = settle(network)
    assert subject(after)["passes_off"] == ["fusion"]
    assert size(after) > 1.5 * size(before)
    assert "passes/loss" not in after  # they were those of the other program
    assert after["inspection/loss"].header["title"] == "the loss without fusion"
    rows = {row["name"]: row for row in after["comparison/loss"].header["rows"]}
    assert rows["instructions"]["before"] == size(before)
    assert rows["instructions"]["after"] == size(after)
    heard(network, "inspect", function="gradient")
    gradient = settle(network)
    assert subject(gradient, "gradient")["passes_off"] == ["fusion"]
    # a change of the run leaves how it is compiled as it was chosen
    heard(network, "set", field="batch_size", value=16)
    again = settle(network)
    assert subject(again, "gradient")["passes_off"] == ["fusion"]
    heard(network, "set_passes_off", passes=[])
    assert size(again, "gradient") > 1.2 * size(settle(network), "gradient")


def test_an_option_that_xla_refuses_is_told_at_the_field_and_all_stays_as_it_is(app):
    before = settle(app)
    heard(app, "set_compiler_options", options={"xla_no_such_option": "1"})
    records = settle(app)
    problem = subject(records)["problem"]
    assert problem["field"] == "compiler_options"
    assert "xla_no_such_option" in problem["text"]
    assert subject(records)["compiler_options"] == {}
    assert records["stage/loss/hlo"].buffers["text"] == before["stage/loss/hlo"].buffers["text"]


def test_both_are_measured_where_the_same_program_is_compiled_otherwise(network):
    settle(network)
    heard(network, "set_passes_off", passes=["fusion"])
    settle(network)
    heard(network, "measure_both")
    rows = {row["name"]: row for row in settle(network)["comparison/loss"].header["rows"]}
    assert rows["measured time"]["before"] > 0
    assert rows["measured time"]["after"] > 0


def test_the_machine_that_is_picked_there_is_the_forms(app):
    heard(app, "set_target", target="tpu-v5e:2x4")
    records = settle(app)
    assert subject(records)["target"] == "tpu-v5e:2x4"
    assert subject(records)["size"] == "2x4"
    assert next(f for f in records["form"].header["fields"] if f["name"] == "device")["value"] == "tpu-v5e:2x4"
    assert (
        "T(8,128)" in records["stage/loss/hlo"].buffers["text"] or "T(128)" in records["stage/loss/hlo"].buffers["text"]
    )
    heard(app, "set_target", target="tpu-v5e:99x99")
    problem = subject(settle(app))["problem"]
    assert problem["field"] == "target"
    assert "99x99" in problem["text"]
    heard(app, "set_target", target=None)
    assert subject(settle(app))["target"] == explorer.devices()[0]


def test_what_compiles_for_a_machine_that_is_not_here_can_be_cancelled(app, monkeypatch):
    settle(app)
    own = functions_of(app.run.setup)

    def slow(setup):
        return {**own, "loss": own["loss"]._replace(call=endless, arguments=(S((256, 256), np.float32),))}

    monkeypatch.setattr("explorer.training.look.functions_of", slow)
    heard(app, "set_target", target="tpu-v5e")
    until = time.monotonic() + 30
    while not process_for("tpu").busy and time.monotonic() < until:
        time.sleep(0.02)
    during = app.panel.snapshot()["subject/loss"].header
    assert during["busy"] == "Compiling for TPU v5e, 2x2 chips …"
    assert during["size"] == "2x2"  # so that there is a button
    heard(app, "cancel")
    records = settle(app)
    assert subject(records)["problem"]["text"].startswith("Cancelled.")
    assert subject(records)["busy"] is None
    monkeypatch.undo()
    heard(app, "set_target", target=None)
    assert records["functions"].header["device"].startswith("TPU v5e")
    assert "inspection/loss" in settle(app)  # the next look works
    assert subject(settle(app))["problem"] is None
