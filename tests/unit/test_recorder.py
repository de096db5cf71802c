"""A loop of somebody's own: everything it hands over is kept as it is, and what cannot be is said while it goes on."""

import time
import warnings

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import explorer
from explorer.app.recorder_panel import follow
from explorer.errors import ExplorerWarning, FieldError
from explorer.training.recorded import page_records_of
from explorer.training.run import Run
from explorer.views.panel import Panel

LINE = explorer.RunConfig(model="linear-regression", steps=25, diagnostics=1, eval_every=0)


def test_the_history_is_what_was_given():
    rec = explorer.Recorder()
    losses = np.random.default_rng(0).normal(size=500)
    for step, loss in enumerate(losses):
        rec(step, loss=float(loss), accuracy=jnp.float32(loss), held_out={"loss": np.float64(2 * loss)})
    history = rec.history
    np.testing.assert_array_equal(history.column("loss"), losses)
    np.testing.assert_array_equal(history.column("held_out/loss"), 2 * losses)
    np.testing.assert_array_equal(history.column("accuracy"), losses.astype(np.float32))
    assert history.steps.tolist() == list(range(500))
    assert rec.step_count == 499
    assert rec.problems == {}


def test_a_loop_over_plain_numbers_is_measured_too():
    rec, w = explorer.Recorder(diagnostics=1), 0.0
    for step in range(20):
        gradient = 2 * (w - 3)
        w -= 0.1 * gradient
        rec(step, loss=(w - 3) ** 2, grads={"w": gradient}, params={"w": w})
    assert rec.problems == {}
    assert rec.history.column("grad_norm/w")[-1] == pytest.approx(abs(gradient))
    assert rec.history.column("param_norm/w")[-1] == pytest.approx(w)


def test_a_loop_with_optax_is_measured_as_a_run_of_ours_is():
    run = Run(LINE)
    params, optimizer = run.params, optax.adam(run.config.optimizer["learning_rate"])
    state, rec = optimizer.init(params), explorer.Recorder(diagnostics=1)

    @jax.jit
    def train_step(params, state, batch):
        def loss(p):
            return ((batch["x"] @ p["w"] + p["b"] - batch["y"]) ** 2).mean()

        value, grads = jax.value_and_grad(loss)(params)
        updates, state = optimizer.update(grads, state)
        return optax.apply_updates(params, updates), state, value, grads

    for step in range(25):
        params, state, loss, grads = train_step(params, state, run.batch_after(step))
        rec(step + 1, loss=loss, grads=grads, params=params)
    run.start().wait()
    ours, theirs = run.history, rec.history
    for name in ("loss", "grad_norm/w", "grad_norm/b", "param_norm/w", "param_norm/b"):
        np.testing.assert_allclose(theirs.column(name), ours.column(name), rtol=1e-5)
        assert theirs.steps_of(name).tolist() == ours.steps_of(name).tolist()
    # How much a step changed the params is known from the second on.
    np.testing.assert_allclose(theirs.column("update_ratio/w"), ours.column("update_ratio/w")[1:], rtol=1e-3)


def test_norms_are_measured_at_every_tenth_call_and_updates_may_be_given():
    rec = explorer.Recorder()
    for step in range(35):
        params = {"w": np.full(4, 1.0 + step, np.float32)}  # NumPy, changed in place by many loops
        rec(step, loss=0.5, params=params)
        params["w"] *= 0
    assert rec.history.steps_of("param_norm/w").tolist() == [0, 10, 20, 30]
    assert rec.history.column("param_norm/w").tolist() == [2.0, 22.0, 42.0, 62.0]
    np.testing.assert_allclose(rec.history.column("update_ratio/w"), [2 / 22, 2 / 42, 2 / 62])
    given = explorer.Recorder(diagnostics=1)
    given(1, params={"w": jnp.full(4, 2.0)}, updates={"w": jnp.full(4, 0.1)})
    np.testing.assert_allclose(given.history.column("update_ratio/w"), [0.05])


def test_params_that_a_later_step_takes_away_are_measured_all_the_same():
    take = jax.jit(lambda tree: jax.tree.map(lambda x: x + 1, tree), donate_argnums=0)
    rec = explorer.Recorder(diagnostics=1)
    params = {"w": jnp.zeros(3) + 1}
    rec(0, loss=0.0, params=params)
    params = take(params)
    with pytest.warns(ExplorerWarning, match=r"params: were donated to the next step.*Give updates"):
        rec(1, loss=0.0, params=params)
    for step in (2, 3):
        params = take(params)
        rec(step, loss=0.0, params=params)
    np.testing.assert_allclose(rec.history.column("param_norm/w"), np.sqrt(3) * np.arange(1, 5), rtol=1e-6)


class Tensor:
    """What PyTorch's tensors offer of what is used."""

    def __init__(self, values):
        self.values, self.shape = np.asarray(values, np.float32), np.shape(values)

    def detach(self):
        return self

    def cpu(self):
        return self

    def clone(self):
        return Tensor(self.values.copy())

    def size(self):
        return self.shape

    def item(self):
        return float(self.values.reshape(())[()])

    def __array__(self, dtype=None, copy=None):
        return self.values


def test_tensors_of_another_library_and_a_module_of_equinox():
    rec, loss = explorer.Recorder(diagnostics=1), Tensor(2.5)
    rec(1, loss=loss, grads={"weight": Tensor([3.0, 4.0]), "frozen": None})
    loss.values *= 0  # as with total += loss
    model = eqx.nn.MLP(2, 1, 4, 1, key=jax.random.key(0))
    rec(2, loss=1.0, params=model)
    assert rec.history.column("loss").tolist() == [2.5, 1.0]
    assert rec.history.column("grad_norm/weight").tolist() == [5.0]
    np.testing.assert_allclose(
        rec.history.column("param_norm/layers/0/weight"), jnp.linalg.norm(model.layers[0].weight), rtol=1e-6
    )


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"loss": "low"}, "loss", "must be a number; you gave 'low'."),
        ({"loss": jnp.ones(3)}, "loss", "must be one number; you gave ArrayImpl of shape [3]. Such as its mean."),
        ({"grads": {"w": "x"}}, "grads", "holds no floating-point array"),
        ({"step": 1.5}, "step", "must be a whole number from 0 to"),
        ({"step": 3, "loss": 5.0}, "step", "3 came after 7, so it was left out."),
    ],
)
def test_bad_input_is_said_once_by_field_and_the_loop_goes_on(given, field, said):
    rec = explorer.Recorder(diagnostics=1)
    rec(7, loss=1.0)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        for _ in range(3):
            rec(**{"step": 8, **given})
        rec(9, loss=2.0)
        assert rec.history.column("loss").tolist() == [1.0, 2.0]
    assert said in rec.problems[field]
    assert [str(w.message).startswith(f"not recorded: {field}: ") for w in heard] == [True]
    assert heard[0].filename == __file__
    records = rec.records()
    assert said in records[f"notice/{field}"].header["text"]


def test_inside_a_compiled_function_it_says_so():
    rec = explorer.Recorder()
    with pytest.warns(ExplorerWarning, match="loss: was given inside a compiled function"):
        jax.jit(lambda x: [rec(1, loss=x), x][1])(1.0)
    assert rec.history.columns == ()


def test_a_call_does_not_wait_for_the_device_and_a_loop_far_ahead_does():
    big = jnp.ones((1400, 1400))
    slow = jax.jit(lambda x: jax.lax.fori_loop(0, 4, lambda _, y: y @ y / 1400, x).sum())
    slow(big).block_until_ready()
    rec = explorer.Recorder()
    value = slow(big)
    began = time.perf_counter()
    rec(1, loss=value)
    handed = time.perf_counter() - began
    assert not value.is_ready()
    value.block_until_ready()
    assert handed < 0.5 * (time.perf_counter() - began)
    assert np.isfinite(rec.history.column("loss")).all()


def test_it_says_where_it_stands_and_leaves_no_thread(monkeypatch):
    monkeypatch.setattr("explorer.training.reader.IDLE_S", 0.1)
    rec = explorer.Recorder("A loop", steps=10)
    assert rec.status == "ready"
    rec(1, loss=1.0)
    assert rec.status == "recording"
    deadline = time.monotonic() + 10
    while rec.status == "recording" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert rec.status == "waiting"
    with rec:
        rec(2, loss=0.5)
    assert rec.status == "finished"
    with pytest.warns(ExplorerWarning, match="step: came after the recorder was closed"):
        rec(3, loss=0.1)
    assert rec.history.steps.tolist() == [1, 2]
    with pytest.raises(FieldError, match="steps: must be a whole number"):
        explorer.Recorder(steps=-1)


def test_its_panel_follows_the_loop_and_its_page_holds_everything(tmp_path):
    rec, panel = explorer.Recorder("My loop", diagnostics=1), Panel("run")
    follow(rec, panel)
    for step in range(3):
        rec(step, loss=1.0 / (1 + step), grads={"w": jnp.arange(4.0) * step}, params={"w": jnp.ones(4)})
    rec.flush()
    panel._heard(panel, {"type": "command", "name": "select_parameter", "args": {"parameter": "w"}}, [])
    shown = panel.snapshot()
    panel.close()
    assert shown["status"].header["step"] == 2
    assert shown["status"].header["can"] == []
    assert shown["model"].header["count"] == 4
    assert shown["gradient/w"].buffers["values"].tolist() == [0.0, 2.0, 4.0, 6.0]
    frame = page_records_of(rec)["frame/0"]
    names = [series["name"] for series in frame.header["series"]]
    assert names == ["loss", "grad_norm/w", "param_norm/w", "update_ratio/w"]
    assert frame.buffers["0/values"].tolist() == [1.0, 0.5, np.float32(1 / 3)]
    page = rec.save(tmp_path / "loop.html").read_text()
    assert "My loop" in page
    assert 'data-key="gradient/w"' in page
