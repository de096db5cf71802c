"""A branch is the run itself up to its step, bit for bit; from there on it goes its own way."""

import jax
import numpy as np
import pytest
from explorers import settle

import explorer
from explorer.errors import FieldError
from explorer.training import checkpoints
from explorer.training.checkpoints import Checkpoint, Checkpoints
from explorer.training.config import Choice, Event, RunConfig, Turn
from explorer.training.run import Run
from explorer.training.script import script_of
from explorer.training.shown import runs_record
from explorer.training.step import Carry

LINE = RunConfig(model="linear-regression", optimizer=Choice("adam", learning_rate=0.02), steps=200, eval_every=50)


@pytest.fixture(scope="module")
def run():
    """A run whose learning rate moved on its way, and that has more than one state to go back to."""
    made = Run(LINE)
    made.step(70).wait()
    made.set(learning_rate=0.01).step(70).wait()
    made.set(learning_rate=0.003).resume().wait()
    return made


def same(one, two, upto=None):
    """Assert that two runs hold the same bits."""
    for a, b in zip(jax.tree.leaves(one.carry), jax.tree.leaves(two.carry), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    for name in set(one.history.columns) - {"learning_rate"}:  # recorded at the ends of calls, wherever those are
        np.testing.assert_array_equal(one.history.column(name), two.history.column(name))
        np.testing.assert_array_equal(one.history.steps_of(name), two.history.steps_of(name))


@pytest.mark.parametrize("step", [70, *(pytest.param(step, marks=pytest.mark.slow) for step in (0, 100, 200))])
def test_a_branch_that_changes_nothing_is_the_original_bit_for_bit(run, step):
    branch = run.branch(step)
    assert (branch.status, branch.step_count) == ("paused" if step else "ready", step)
    fresh = Run(LINE, events=[event for event in run.events if event.step <= step])
    if step < 200:
        (branch.start if step == 0 else branch.resume)().wait()
        fresh.start().wait()
        same(branch, fresh)
    else:
        same(branch, run)
    assert run.status == "finished"


def test_the_nearest_state_is_taken_and_the_original_goes_on(run, monkeypatch):
    taken = []
    monkeypatch.setattr(Run, "step", lambda self, n=1: taken.append((self.taken_at, n)) or self)
    assert len(run.checkpoints.steps) >= 2
    last = run.checkpoints.steps[-2]
    run.branch(last + 1)
    assert taken == [(last, 1)]
    paused = Run(LINE)
    paused.branch(0)
    assert paused.status == "ready"


def test_a_learning_rate_changed_in_a_branch_is_a_live_change_of_it(run):
    branch = run.branch(100, learning_rate=0.1)
    assert branch.events == [Event(70, "learning_rate", 0.01), Event(100, "learning_rate", 0.1)]
    branch.resume().wait()
    replayed = Run(LINE, events=branch.events).start().wait()
    same(branch, replayed)
    assert not np.array_equal(branch.history.column("loss")[101:], run.history.column("loss")[101:])
    assert "learning_rate" in script_of(branch)


def test_other_settings_go_on_from_the_same_params_and_are_named_by_what_differs(run):
    at = run.branch(100)
    batch = run.branch(100, batch_size=64)
    np.testing.assert_array_equal(np.asarray(batch.params["w"]), np.asarray(at.params["w"]))
    np.testing.assert_array_equal(
        np.asarray(jax.tree.leaves(batch.opt_state)[-1]), np.asarray(jax.tree.leaves(at.opt_state)[-1])
    )
    assert batch.rate == at.rate == 0.01  # as it was moved on the way
    sgd = run.branch(100, optimizer=Choice("sgd", learning_rate=0.5))
    assert sgd.rate == 0.5
    beta = run.branch(100, b1=0.5, steps=210)
    for branch in (batch, sgd, beta):
        branch.resume().wait()
        np.testing.assert_array_equal(branch.history.column("loss")[:100], run.history.column("loss")[:100])
        assert np.isfinite(branch.history.column("loss")).all()
    assert beta.step_count == 210
    assert beta.turns == (Turn(100, "optimizer.b1", 0.5), Turn(100, "steps", 210))
    listed = [entry["name"] for entry in runs_record([run, batch, sgd, beta]).header["runs"]]
    assert listed[0] == "learning rate 0.01 from step 70, learning rate 0.003 from step 140"
    assert listed[1].endswith("batch size 64 from step 100")
    assert listed[2].endswith("sgd from step 100")
    assert listed[3] == "learning rate 0.01 from step 70, b1 0.5 from step 100"
    with pytest.raises(FieldError, match="run: is a branch: its batch_size changed at step 100"):
        script_of(batch)
    again = batch.branch(150)  # a branch of a branch
    np.testing.assert_array_equal(again.history.column("loss"), batch.history.column("loss")[:150])
    with pytest.raises(FieldError, match="step: must be a whole number from 100 to 200; you gave 50"):
        batch.branch(50)


def test_what_cannot_go_on_is_said_by_field(run):
    with pytest.raises(FieldError, match="step: must be a whole number from 0 to 200; you gave 201"):
        run.branch(201)
    with pytest.raises(FieldError, match="model: has other params than those at step 50"):
        run.branch(50, model="neural-network", dataset="mnist")
    with pytest.raises(FieldError, match="dtype: has other params"):
        run.branch(50, dtype="float64")
    with pytest.raises(FieldError, match="nothing: is not a field"):
        run.branch(50, nothing=1)
    with pytest.raises(FieldError, match="learning_rate: must be"):
        run.branch(50, learning_rate="fast")


def test_after_a_divergence_a_branch_begins_before_it():
    bad = Run(explorer.RunConfig(model="linear-regression", steps=400, optimizer=Choice("sgd", learning_rate=50.0)))
    bad.start().wait()
    assert bad.status == "diverged"
    with pytest.raises(FieldError, match=f"from 0 to {bad.divergence.step - 1}"):
        bad.branch(bad.divergence.step)
    good = bad.branch(2, learning_rate=0.01).resume().wait()
    assert good.status == "finished"
    assert bad.status == "diverged"


def carry(size):
    """A carry of so many floats."""
    return Carry({"w": np.zeros(size, np.float32)}, {}, ())


def test_states_are_spread_evenly_and_bounded_in_memory():
    kept = Checkpoints()
    for step in range(1, 5_001):
        kept.add(Checkpoint(step, carry(10), None))
    assert 8 <= len(kept.steps) <= checkpoints.MOST
    assert len(set(np.diff(kept.steps))) == 1
    assert 5_000 - kept.steps[-1] <= np.diff(kept.steps)[0]
    assert kept.before(kept.steps[3] + 5).step == kept.steps[3]
    assert kept.before(kept.steps[0] - 1) is None
    large, heavy = Checkpoints(), carry(5 << 20)  # 20 MiB
    for step in range(1, 2_001):
        large.add(Checkpoint(step, heavy, None))
    assert len(large.steps) <= 3


def test_on_screen_one_goes_back_changes_a_setting_and_goes_on(app):
    def command(name, **args):
        app.panel._heard(app.panel, {"type": "command", "view": "v", "name": name, "args": args}, [])
        return settle(app)

    command("start")
    app.run.wait(60)
    records = settle(app)
    assert "branch" in records["status"].header["can"]
    first = app.run
    records = command("branch", step=100)
    assert records["status"].header["status"] == "paused"
    assert records["status"].header["step"] == 100
    assert [run["name"] for run in records["runs"].header["runs"]] == ["run 1", "again from step 100"]
    command("set", field="batch_size", value=8)
    assert app.runs[0] is first
    assert len(app.runs) == 2  # the branch became one of these settings
    command("resume")
    app.run.wait(60)
    records = settle(app)
    assert [run["name"] for run in records["runs"].header["runs"]] == ["run 1", "batch size 8 from step 100"]
    np.testing.assert_array_equal(app.run.history.column("loss")[:100], first.history.column("loss")[:100])
    assert app.run.step_count == 300
    records = command("branch", step=50)  # before it changed
    assert any("must be a whole number from 100" in r.header["title"] for r in records.values() if r.kind == "notice")
    reopened = explorer.Explorer(first, app.run)
    assert reopened.runs == (first, app.run)
    assert reopened.config == app.run.config
    reopened.close()


def test_on_screen_learning_rates_are_tested_and_one_is_used(app):
    app.panel._heard(app.panel, {"type": "command", "view": "v", "name": "range_test", "args": {}}, [])
    record = settle(app)["range_test"]
    wanted = explorer.lr_range_test(app.config)
    assert record.header["suggestion"] == wanted.suggestion
    args = {"field": "optimizer.learning_rate", "value": 0.05}
    app.panel._heard(app.panel, {"type": "command", "view": "v", "name": "set", "args": args}, [])
    assert "range_test" in settle(app)  # it is for any learning rate
    args = {"field": "batch_size", "value": 8}
    app.panel._heard(app.panel, {"type": "command", "view": "v", "name": "set", "args": args}, [])
    assert "range_test" not in settle(app)
