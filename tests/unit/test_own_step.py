"""A train step of somebody's own: run, paused, stopped and told of like a run of ours."""

import inspect
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import explorer
from explorer.app.recorder_panel import follow
from explorer.errors import FieldError, TransitionError
from explorer.training.own import OwnRun
from explorer.views.panel import Panel

DATA = [np.float32([x, 3 * x + 1]) for x in np.linspace(-1, 1, 7)]


def step(carry, batch):
    """One step of gradient descent on (w x + b - y)^2."""
    loss, grads = jax.value_and_grad(lambda p: (p["w"] * batch[0] + p["b"] - batch[1]) ** 2)(carry["params"])
    params = jax.tree.map(lambda p, g: p - 0.1 * g, carry["params"], grads)
    return {"params": params}, {"loss": loss, "grads": grads}


def start():
    """The params that every test starts from."""
    return {"params": {"w": jnp.zeros(()), "b": jnp.zeros(())}}


def by_hand(n):
    """What n steps come to."""
    carry, losses = start(), []
    for i in range(n):
        carry, metrics = jax.jit(step)(carry, DATA[i % 7])
        losses.append(float(metrics["loss"]))
    return carry, losses


def test_it_takes_the_steps_that_a_loop_by_hand_takes():
    run = explorer.train(step=step, carry=start(), batches=DATA, steps=50, progress=False)
    carry, losses = by_hand(50)
    assert run.status == "finished"
    np.testing.assert_array_equal(run.history.column("loss"), np.float32(losses))
    assert run.history.steps.tolist() == list(range(1, 51))
    assert float(run.carry["params"]["w"]) == float(carry["params"]["w"])
    assert run.history.steps_of("grad_norm/w").tolist() == [1, 11, 21, 31, 41]
    once = explorer.train(step=step, carry=start(), batches=iter(DATA), progress=False)
    assert once.step_count == 7


def test_a_loss_alone_is_enough_and_compiled_steps_stay_as_they_are():
    calls = []

    def plain(carry, batch):
        calls.append(batch)
        return carry + 1, carry * 2.0

    run = explorer.train(step=plain, carry=jnp.float32(0), batches=[1, 2, 3], progress=False)
    assert run.history.column("loss").tolist() == [0.0, 2.0, 4.0]
    assert len(calls) == 1  # traced once
    explorer.train(step=plain, carry=0.0, batches=[1, 2, 3], jit=False, progress=False)
    assert len(calls) == 4


def test_pause_step_resume_and_stop():
    def slow(carry, batch):
        time.sleep(0.01)
        return carry + 1, 1.0

    run = OwnRun(slow, 0, range(100_000), jit=False)
    assert run.can == ("start", "step", "stop")
    run.step(5).wait(10)
    assert (run.status, run.step_count, run.carry) == ("paused", 5, 5)
    run.resume()
    with pytest.raises(TransitionError, match="cannot resume a run that is running"):
        run.resume()
    while run.step_count < 10:
        time.sleep(0.01)
    run.pause().wait(10)
    assert run.status == "paused"
    assert run.carry == run.step_count == len(run.history.steps)
    assert run.stop().status == "stopped"
    assert run.can == ()


def test_a_loss_that_is_not_finite_ends_it_with_the_carry_before():
    def bad(carry, batch):
        return carry + 1, jnp.log(5.0 - carry)  # the sixth step's loss is -inf

    run = explorer.train(step=bad, carry=jnp.float32(0), batches=range(50), progress=False)
    assert (run.status, run.step_count, float(run.carry)) == ("diverged", 5, 5.0)
    assert run.history.column("loss")[-1] == -np.inf
    assert len(run.history.steps) == 6
    problem = run.records()["status"].header["problem"]
    assert problem["title"] == "Stopped at step 6: the loss was not finite"


def test_what_the_step_raises_is_told_with_its_line():
    def wrong(carry, batch):
        return carry @ jnp.ones((3, 3)), 0.0  # a wrong shape

    run = OwnRun(wrong, jnp.ones(2), range(3)).start()
    with pytest.raises(TypeError):
        run.wait(30)
    assert run.status == "failed"
    problem = run.records()["status"].header["problem"]
    line = inspect.getsourcelines(wrong)[1] + 1
    assert f"test_own_step.py, line {line}: return carry @ jnp.ones((3, 3)), 0.0" in problem["where"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"step": 3}, "step: must be a function"),
        ({"batches": 3}, "batches: must be something to iterate over; you gave int."),
        ({"batches": None}, "batches: is needed beside step."),
        ({"seed": 3}, "seed: is not known beside step. Allowed: steps, params, jit, title, diagnostics."),
        ({"step": lambda carry, batch: carry}, "step: must return (carry, metrics); it returned dict."),
    ],
)
def test_what_cannot_be_used_is_said_by_field(given, said):
    with pytest.raises(FieldError) as raised:
        explorer.train(**{"step": step, "carry": start(), "batches": DATA, "progress": False, **given})
    assert said in str(raised.value)


def test_the_buttons_of_its_panel_command_it():
    run, panel = OwnRun(step, start(), DATA, steps=20), Panel("run")
    follow(run, panel)
    command = lambda name, **args: panel._heard(panel, {"type": "command", "name": name, "args": args}, [])  # noqa: E731
    command("step", n=3)
    run.wait(30)
    assert panel.snapshot()["status"].header["can"] == ["resume", "step", "stop"]
    command("resume")
    run.wait(30)
    shown = panel.snapshot()["status"].header
    panel.close()
    assert (shown["status"], shown["step"], shown["steps"]) == ("finished", 20, 20)
