"""Training does what the configuration says, the same every time, and reports honestly when it cannot."""

import subprocess
import sys
import threading
import time

import contract_models
import jax
import numpy as np
import pytest

import explorer
from explorer.catalog import registry
from explorer.errors import FieldError, TransitionError
from explorer.training.config import Choice, Event, RunConfig
from explorer.training.run import Run
from explorer.training.script import script_of

LINE = RunConfig(model="linear-regression", steps=200)


def same(one: Run, two: Run) -> None:
    """Assert that two runs have the same numbers, bit for bit."""
    for a, b in zip(jax.tree.leaves(one.params), jax.tree.leaves(two.params), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    assert one.history.columns == two.history.columns
    for name in one.history.columns:
        if name != "learning_rate":  # recorded at the ends of calls, wherever those are
            np.testing.assert_array_equal(one.history.column(name), two.history.column(name))
            np.testing.assert_array_equal(one.history.steps_of(name), two.history.steps_of(name))


def test_the_network_reads_digits():
    run = explorer.train(RunConfig(), progress=False)
    assert run.status == "finished"
    assert run.config.batch_size == 128
    assert run.config.optimizer["learning_rate"] == 0.001
    assert run.history.column("held_out/accuracy")[-1] >= 0.92
    assert run.history.steps_of("held_out/loss").tolist() == list(range(0, 1001, 100))
    assert run.history.steps.tolist() == list(range(1, 1001))
    assert run.history.steps_of("grad_norm/hidden/w")[:2].tolist() == [1, 11]


def test_the_line_finds_the_truth_at_its_default_and_not_at_the_article_s_setting():
    truth = registry.dataset("linear").truth
    found = explorer.train(model="linear-regression", progress=False).params
    assert float(found["w"][0]) == pytest.approx(truth["w"][0], abs=1e-3)
    assert float(found["b"][0]) == pytest.approx(truth["b"][0], abs=1e-3)
    article = explorer.train(
        model="linear-regression", optimizer=Choice("adam", learning_rate=0.001), steps=1000, progress=False
    )
    # Adam moves a parameter by about its learning rate at most: 1,000 steps cover about 1 of the way to 3.
    assert 0.5 < float(article.params["w"][0]) <= 1.0


def test_the_same_seed_gives_the_same_bits_whatever_the_pauses_and_calls():
    config = RunConfig(steps=120, batch_size=32, model=Choice("neural-network", hidden=16))
    whole = Run(config).start().wait()
    pieces = Run(config)
    for n in (1, 2, 3, 7, 10, 37):
        pieces.step(n).wait()
        assert pieces.status == "paused"
    pieces.resume()
    while "pause" in pieces.can and pieces.step_count < 100:
        time.sleep(0.001)
    if "pause" in pieces.can:
        pieces.pause()
    pieces.wait()
    if pieces.status == "paused":
        pieces.resume().wait()
    same(whole, pieces)
    other = Run(config.but(seed=1)).start().wait()
    assert not np.array_equal(whole.history.column("loss"), other.history.column("loss"))


def test_looking_changes_no_more_than_the_last_bits():
    # Measuring more is another program, which XLA may fuse otherwise.
    plain = Run(LINE.but(diagnostics=0, eval_every=0)).start().wait()
    looked = Run(LINE.but(diagnostics=1, eval_every=7)).start().wait()
    np.testing.assert_allclose(plain.history.column("loss"), looked.history.column("loss"), rtol=1e-4, atol=1e-9)


def test_norms_are_those_of_the_gradient():
    run = Run(LINE.but(diagnostics=1, steps=3))
    for step in range(3):
        before, batch = run.carry.params, run.batch_after(step)
        error = batch["x"] @ before["w"] + before["b"] - batch["y"]
        gradient = 2 * (error[:, None] * batch["x"]).mean(axis=0)
        run.step().wait()
        assert run.history.column("grad_norm/w")[-1] == pytest.approx(float(np.linalg.norm(gradient)), rel=1e-5)
        assert run.history.column("param_norm/w")[-1] == pytest.approx(float(np.linalg.norm(run.params["w"])), rel=1e-6)


def test_the_learning_rate_moves_while_it_runs_and_the_change_is_replayed():
    live = Run(LINE.but(steps=300))
    live.step(100).wait()
    live.set(learning_rate=0.01)
    live.step(50).wait()
    live.set(learning_rate="0.5").set(learning_rate=0.02)
    live.resume().wait()
    assert live.events == [Event(100, "learning_rate", 0.01), Event(150, "learning_rate", 0.02)]
    same(live, Run(live.config, events=live.events).start().wait())
    unchanged = Run(LINE.but(steps=300)).start().wait()
    np.testing.assert_array_equal(live.history.column("loss")[:100], unchanged.history.column("loss")[:100])
    assert not np.array_equal(live.history.column("loss")[101:], unchanged.history.column("loss")[101:])


def test_a_change_while_running_needs_no_compile_and_no_pause():
    run = Run(LINE.but(steps=3_000_000)).start()
    while run.step_count < 1000:
        time.sleep(0.005)
    at = run.step_count
    run.set(learning_rate=0.03)
    deadline = time.monotonic() + 20
    while not run.events and time.monotonic() < deadline:
        time.sleep(0.005)
    assert run.status == "running"
    assert run.activity is None
    (event,) = run.events
    assert event.value == 0.03
    assert event.step >= at
    run.stop().wait()


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"learning_rate": "fast"}, "learning_rate", "must be a number above 0; you gave 'fast'"),
        ({"learning_rate": -1}, "learning_rate", "above 0"),
        ({"learning_rate": float("inf")}, "learning_rate", "above 0"),
        ({"steps": 5}, "steps", "Only 'learning_rate' can"),
    ],
)
def test_a_bad_live_change_loses_nothing(changes, field, said):
    run = Run(LINE).step(10).wait()
    with pytest.raises(FieldError) as caught:
        run.set(**changes)
    assert caught.value.field == field
    assert said in str(caught.value)
    assert run.events == []
    assert len(run.history.column("loss")) == 10


def test_only_legal_transitions():
    run = Run(LINE)
    for command in ("pause", "resume", "go_back"):
        with pytest.raises(TransitionError, match="ready"):
            getattr(run, command)()
    run.start().wait()
    assert run.status == "finished"
    for command in ("start", "pause", "resume", "step", "stop", "go_back"):
        with pytest.raises(TransitionError, match="finished"):
            getattr(run, command)()
    stopped = Run(LINE).stop()
    assert stopped.status == "stopped"


def test_overflow_stops_at_the_very_step_and_names_it():
    run = Run(RunConfig(model="linear-regression", optimizer=Choice("sgd", learning_rate=10.0), steps=500))
    run.start().wait()
    assert run.status == "diverged"
    step = run.divergence.step
    # Nothing after that step was kept, and everything before is finite.
    assert run.history.steps[-1] == step
    assert np.isfinite(run.history.column("loss")[:-1]).all()
    again = Run(run.config)
    again.step(step - 1).wait()
    assert again.status == "paused"
    again.step().wait()
    assert again.status == "diverged"
    assert again.divergence.step == step
    assert f"Step {step:,}" in run.divergence.sentence()


def test_the_first_nan_is_traced_to_its_line_and_the_run_can_go_back(catalog):
    catalog.register("model", contract_models.logarithm)
    config = RunConfig(model="logarithm", optimizer=Choice("sgd", learning_rate=5.0), steps=100, diagnostics=1)
    run = Run(config).start().wait()
    assert run.status == "diverged"
    operation = run.divergence.operation
    assert operation.primitive == "log"
    assert operation.direction == "forward"
    assert operation.file.endswith("contract_models.py")
    assert "jnp.log(params" in operation.text
    bad = run.divergence.step
    run.go_back()
    assert run.status == "paused"
    assert run.step_count == bad - 1
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(run.params))
    assert np.isfinite(run.history.column("loss")).all()
    run.resume().wait()  # the same step makes the same number again
    assert run.status == "diverged"
    assert run.divergence.step == bad


def test_a_model_that_raises_fails_the_run_and_nothing_else(catalog, monkeypatch):
    catalog.register("model", contract_models.broken)
    run = Run(RunConfig(model="broken"))
    monkeypatch.setitem(contract_models.BROKEN, "now", True)
    with pytest.raises(RuntimeError, match="broke on purpose"):
        run.start().wait()
    assert run.status == "failed"
    assert explorer.train(LINE, progress=False).status == "finished"


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"device": "gpu:7"}, "device", "Allowed: cpu"),
        ({"batch_size": 801}, "batch_size", "at most the number of training examples, 800; you gave 801"),
        ({"optimizer": Choice("adam", learning_rat=1)}, "learning_rat", "learning_rate"),
        ({"optimizer": Choice("adam", learning_rate="fast")}, "learning_rate", "you gave 'fast'"),
        ({"optimizer": "adm"}, "optimizer", "adam"),
        ({"dataset": "mnits"}, "dataset", "Did you mean 'mnist'"),
        ({"model": "neural-network", "dataset": "linear"}, "dataset", "does not fit the model 'neural-network'"),
        ({"dataset": "holes"}, "dataset", "1 values in 'x' that are NaN"),
    ],
)
def test_what_cannot_be_trained_says_why_before_it_starts(catalog, fields, field, said):
    catalog.register("dataset", contract_models.holes)
    with pytest.raises(FieldError) as caught:
        Run(RunConfig(**{"model": "linear-regression", **fields}))
    assert caught.value.field == field
    assert said in str(caught.value)


def test_dropout_batch_norm_and_a_test_function_keep_the_contract(catalog):
    for build in (contract_models.dropout, contract_models.batch_norm, contract_models.rosenbrock):
        catalog.register("model", build)
    catalog.register("dataset", contract_models.nothing)
    dropped = explorer.train(model="with-dropout", progress=False)
    assert dropped.history.column("held_out/loss")[-1] < dropped.history.column("held_out/loss")[0]
    losses = dropped.history.column("loss")
    assert losses[-50:].std() > 10 * dropped.history.column("held_out/loss")[-1] * 0.01  # the noise of dropout is there
    normed = explorer.train(model="with-batch-norm", progress=False)
    x = registry.dataset("linear").train["x"]
    assert float(normed.carry.state["mean"][0]) == pytest.approx(x.mean(), abs=0.2)
    assert normed.history.column("held_out/loss")[-1] < 1
    valley = explorer.train(model="rosenbrock", progress=False)
    np.testing.assert_allclose(valley.params["xy"], [1, 1], atol=0.05)
    assert "held_out/loss" not in valley.history.columns


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "float16"])
def test_other_dtypes_train_and_leave_the_configuration_alone(dtype):
    run = explorer.train(model="linear-regression", dtype=dtype, steps=50, progress=False)
    assert {str(leaf.dtype) for leaf in jax.tree.leaves(run.params)} == {dtype}
    assert run.history.column("loss")[-1] < run.history.column("loss")[0]
    assert not jax.config.jax_enable_x64


def test_the_copied_script_reaches_the_same_numbers(tmp_path):
    run = Run(RunConfig(steps=60, batch_size=64, model=Choice("neural-network", hidden=32)))
    run.step(20).wait()
    run.set(learning_rate=0.01)
    run.resume().wait()
    printed = _run_script(run, tmp_path)
    assert "import explorer" not in script_of(run)
    assert printed == f"step 60: loss {run.history.column('loss')[-1]:.6g}"


def test_the_script_of_a_plain_run_is_plain_optax(tmp_path):
    run = explorer.train(model="linear-regression", steps=100, progress=False)
    assert "optax.adam(learning_rate=0.1)" in script_of(run)
    value = float(_run_script(run, tmp_path).split()[-1])
    assert value == pytest.approx(float(run.history.column("loss")[-1]), rel=1e-3)


def _run_script(run: Run, folder) -> str:
    path = folder / "script.py"
    path.write_text(script_of(run))
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_pausing_is_quick_and_nothing_is_left_over():
    before = threading.active_count()
    run = Run(LINE.but(steps=100_000_000)).step(10).wait()
    for _ in range(20):
        run.resume()
        run.pause().wait(5)
        assert run.status == "paused"
    run.stop()
    assert threading.active_count() == before


def test_train_without_waiting_returns_at_once():
    run = explorer.train(LINE.but(steps=10_000_000), wait=False)
    assert run.status == "running"
    with pytest.raises(TimeoutError, match="still running"):
        run.wait(0.01)
    run.stop().wait()
    assert run.status == "stopped"
