"""An explorer whose device is a machine that is not here: compiled for, while training stays on what runs here."""

import time

from explorers import SMALL, settle

import explorer


def pick(app, device):
    message = {"type": "command", "view": "v", "name": "set", "args": {"field": "device", "value": device}}
    app.panel._heard(app.panel, message, [])
    return settle(app)


def device(records):
    return next(f for f in records["form"].header["fields"] if f["name"] == "device")


def test_one_picker_has_what_runs_here_and_what_is_only_compiled_for(app):
    options = {option["value"]: option for option in device(settle(app))["options"]}
    assert options[explorer.devices()[0]]["group"] == "Runs here"
    assert (options["tpu-v5e:2x2"]["group"], options["tpu-v5e:2x2"]["help"]) == ("Compile only", "compile only")
    for option in options.values():
        assert ("needs" in option) == option["help"].startswith("install: pip install 'jax-explorer[")


def test_picking_a_tpu_changes_what_is_compiled_and_training_goes_on_here(app):
    app.run.step(5)
    app.run.wait(30)
    before = app.run
    records = pick(app, "tpu-v5e:2x2")
    assert device(records)["value"] == "tpu-v5e:2x2"
    assert "training runs on CPU" in device(records)["help"]
    assert app.run is before
    assert records["functions"].header["device"] == "TPU v5e, 2x2 chips (compile only)"
    hlo = records["stage/loss/hlo"]
    assert "T(8,128)" in hlo.buffers["text"] or "T(128)" in hlo.buffers["text"]
    assert len(hlo.buffers["links"])
    app.run.step(5)
    app.run.wait(30)
    assert app.run.step_count == 10
    app.panel._heard(app.panel, {"type": "command", "view": "v", "name": "undo", "args": {}}, [])
    records = settle(app)
    assert device(records)["value"] == explorer.devices()[0]
    assert "T(128)" not in records["stage/loss/hlo"].buffers["text"]


def test_it_stays_picked_while_other_choices_change_and_goes_with_a_device_that_runs_here(app):
    pick(app, "tpu-v6e:4x4")
    message = {"type": "command", "view": "v", "name": "set", "args": {"field": "batch_size", "value": 16}}
    app.panel._heard(app.panel, message, [])
    records = settle(app)
    assert device(records)["value"] == "tpu-v6e:4x4"
    assert any(option["value"] == "tpu-v6e:4x4" for option in device(records)["options"])
    assert app.config.batch_size == 16
    records = pick(app, explorer.devices()[0])
    assert device(records)["value"] == explorer.devices()[0]
    assert records["functions"].header["device"] == explorer.devices()[0]


def test_an_explorer_can_begin_with_one():
    app = explorer.Explorer(**SMALL, device="tpu-7x")
    try:
        assert app.config.device == explorer.devices()[0]
        assert settle(app)["functions"].header["device"] == "TPU 7x, 2x2x1 chips (compile only)"
    finally:
        app.close()


def test_measuring_there_is_refused_on_screen(app):
    pick(app, "tpu-v4")
    app.panel._heard(app.panel, {"type": "command", "view": "v", "name": "measure", "args": {"function": "loss"}}, [])
    time.sleep(0.05)
    notices = [record.header["text"] for record in settle(app).values() if record.kind == "notice"]
    assert any("TPU v4, 2x2x1 chips is not in this machine" in text for text in notices)
