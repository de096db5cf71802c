"""A run that was saved and loaded is the same run: its numbers, what it can do, and where it stands."""

import csv
import json
import struct
import sys

import contract_models
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import explorer
from explorer.errors import FieldError
from explorer.training.arrays import read_tree, write_tree
from explorer.training.config import Choice, RunConfig
from explorer.training.history import History
from explorer.training.run import Run

LINE = RunConfig(model="linear-regression", optimizer=Choice("adam", learning_rate=0.02), steps=120, eval_every=50)


def equal(one, two):
    """Assert that two runs are the same to the last bit."""
    for a, b in zip(jax.tree.leaves(one.carry), jax.tree.leaves(two.carry), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
        assert a.dtype == b.dtype
    assert one.history.columns == two.history.columns
    for name in one.history.columns:
        np.testing.assert_array_equal(one.history.column(name), two.history.column(name))
        np.testing.assert_array_equal(one.history.steps_of(name), two.history.steps_of(name))
    assert (one.config, one.events, one.status, one.step_count) == (two.config, two.events, two.status, two.step_count)
    assert (one.rate, one.turns, one.begun) == (two.rate, two.turns, two.begun)


def test_a_run_comes_back_as_it_was_and_goes_on_as_it_would_have(tmp_path):
    run = Run(LINE)
    run.step(60).wait()
    run.set(learning_rate=0.005).step(20).wait()
    folder = run.save(tmp_path / "adam-0.02")
    names = {"config.json", "history.npz", "params.npz", "state.npz", "opt_state.npz"}
    assert {path.name for path in folder.iterdir()} == names
    again = explorer.load(folder)
    equal(run, again)
    for each in (run, again):
        each.resume().wait()
    assert again.status == "finished"
    np.testing.assert_array_equal(run.history.column("loss"), again.history.column("loss"))
    np.testing.assert_array_equal(np.asarray(run.params["w"]), np.asarray(again.params["w"]))
    # Also what went before it was saved can be gone back to.
    np.testing.assert_array_equal(again.branch(70).history.column("loss"), run.history.column("loss")[:70])
    run.save(folder)  # in its own place
    assert explorer.load(folder).status == "finished"


def test_other_programs_can_read_it(tmp_path):
    run = Run(LINE).start().wait()
    run.save(tmp_path / "run")
    with np.load(tmp_path / "run" / "params.npz", allow_pickle=False) as file:
        np.testing.assert_array_equal(file["array/w"], np.asarray(run.params["w"]))
    with np.load(tmp_path / "run" / "history.npz", allow_pickle=False) as file:
        np.testing.assert_array_equal(file["loss:values"], run.history.column("loss"))
    body = json.loads((tmp_path / "run" / "config.json").read_text())
    assert body["config"]["optimizer"]["options"]["learning_rate"] == 0.02


@pytest.mark.parametrize("dtype", [pytest.param("float64", marks=pytest.mark.slow), "bfloat16"])
def test_every_dtype_comes_back(tmp_path, dtype):
    run = Run(LINE.but(dtype=dtype, steps=5)).start().wait()
    equal(run, explorer.load(run.save(tmp_path / dtype)))


def test_random_keys_and_empty_trees_come_back(tmp_path):
    tree = {"key": jax.random.key(3), "n": jnp.int32(4)}
    write_tree(tmp_path / "tree.npz", tree)
    again = read_tree(tmp_path / "tree.npz", jax.eval_shape(lambda: tree))
    assert jax.random.uniform(again["key"]) == jax.random.uniform(tree["key"])
    write_tree(tmp_path / "none.npz", {})
    assert read_tree(tmp_path / "none.npz", {}) == {}


def test_a_run_that_diverged_and_a_branch_come_back(tmp_path):
    bad = Run(LINE.but(optimizer=Choice("sgd", learning_rate=50.0), steps=400)).start().wait()
    again = explorer.load(bad.save(tmp_path / "bad"))
    equal(bad, again)
    assert again.divergence.sentence() == bad.divergence.sentence()
    assert again.go_back().status == "paused"
    assert np.isfinite(np.asarray(again.params["w"])).all()
    branch = Run(LINE).start().wait().branch(50, batch_size=8)
    equal(branch, explorer.load(branch.save(tmp_path / "branch")))


def test_a_recorded_loop_comes_back(tmp_path):
    with explorer.Recorder("Mine", diagnostics=1) as rec:
        for step in range(5):
            rec(step, loss=1.0 / (step + 1), params={"w": np.full(2, step + 1.0)})
    again = explorer.load(rec.save(tmp_path / "mine"))
    assert again.history.columns == rec.history.columns
    np.testing.assert_array_equal(again.history.column("loss"), rec.history.column("loss"))
    assert (again.status, again.step_count, again.name) == ("finished", 4, "Mine")
    records = again.page_records()
    assert records["parameters"].header["parameters"][0]["shape"] == [2]
    assert records["frame/0"].header["run"] == again.id


def test_what_is_no_saved_run_is_said(tmp_path, catalog):
    run = Run(LINE.but(steps=3)).start().wait()
    with pytest.raises(FieldError, match=r"path: must be a folder, or end in \.html for a page; you gave 'run\.zip'"):
        run.save("run.zip")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("mine")
    with pytest.raises(FieldError, match="holds other files already"):
        run.save(tmp_path / "full")
    with pytest.raises(FieldError, match=r"there is no saved run in .*: it holds no config.json"):
        explorer.load(tmp_path)
    folder = run.save(tmp_path / "run")
    (folder / "params.npz").unlink()
    with pytest.raises(FieldError, match=r"there is no 'params\.npz'"):
        explorer.load(folder)
    write_tree(folder / "params.npz", {"w": np.ones((1, 2), np.float32), "b": np.ones(1, np.float32)})
    with pytest.raises(FieldError, match=r"'params\.npz' holds w as float32\[1, 2\] where this run has float32\[1\]"):
        explorer.load(folder)
    body = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(body | {"version": 9}))
    with pytest.raises(FieldError, match="This explorer reads version 1"):
        explorer.load(folder)
    for build in (contract_models.rosenbrock, contract_models.nothing):
        catalog.register("model" if build is contract_models.rosenbrock else "dataset", build)
    own = Run(RunConfig(model="rosenbrock", steps=2)).start().wait().save(tmp_path / "own")
    assert explorer.load(own).step_count == 2


def written():
    """A history with numbers that are hard to write down."""
    history = History()
    history.append("loss", "train", [1, 2, 3], np.float32([0.1, np.nan, 1e-30]))
    history.append("held_out/loss", "held_out", [0, 3], np.float64([1 / 3, np.inf]))
    return history


def test_a_table_holds_the_same_numbers(tmp_path):
    history = written()
    with history.to_csv(tmp_path / "history.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["step", "loss", "held_out/loss"]
    assert [row[0] for row in rows] == ["0", "1", "2", "3"]
    assert [row[1] == "" for row in rows] == [True, False, False, False]
    np.testing.assert_array_equal(np.float32([row[1] for row in rows[1:]]), history.column("loss"))
    np.testing.assert_array_equal([float(rows[i][2]) for i in (0, 3)], history.column("held_out/loss"))
    with pytest.raises(FieldError, match=r"path: must end in \.csv"):
        history.to_csv(tmp_path / "history.xlsx")


def test_event_files_hold_the_same_numbers(tmp_path, monkeypatch):
    from tensorboardX.proto.event_pb2 import Event

    history = written()
    (file,) = history.to_tensorboard(tmp_path / "events").iterdir()
    raw, at, found = file.read_bytes(), 0, {}
    while at < len(raw):
        (length,) = struct.unpack_from("<Q", raw, at)
        event = Event.FromString(raw[at + 12 : at + 12 + length])
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, value.simple_value))
        at += 12 + length + 4
    assert [step for step, _ in found["loss"]] == [1, 2, 3]
    np.testing.assert_array_equal(np.float32([value for _, value in found["loss"]]), history.column("loss"))
    assert found["held_out/loss"] == [(0, float(np.float32(1 / 3))), (3, np.inf)]
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(FieldError, match=r"tensorboard: needs tensorboardX.*pip install"):
        history.to_tensorboard(tmp_path / "more")
