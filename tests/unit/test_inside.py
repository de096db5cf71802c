"""Inside the optimizer: the numbers in the formula are those of the real state, and make the real update."""

import numpy as np
import pytest

from explorer.errors import FieldError
from explorer.training.config import Choice, RunConfig
from explorer.training.run import Run

LINE = RunConfig(model="linear-regression", batch_size=8, steps=50)


def run_of(name, **options):
    """Return a line after 3 steps of an optimizer."""
    return Run(LINE.but(optimizer=Choice(name, learning_rate=0.1, **options))).step(3).wait()


def test_the_inside_of_adam_is_a_hand_computation():
    run, m, v, b = Run(LINE.but(optimizer=Choice("adam", learning_rate=0.1))), 0.0, 0.0, 0.0
    w = 0.0
    for t in range(1, 5):  # by hand, in float64, both parameters
        batch = run.batch_after(t - 1)
        x, y = np.asarray(batch["x"], np.float64)[:, 0], np.asarray(batch["y"], np.float64)
        residual = w * x + b - y
        g, gb = 2 * np.mean(residual * x), 2 * np.mean(residual)
        if t == 1:
            mb, vb = 0.0, 0.0
        before = m, v
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        mb, vb = 0.9 * mb + 0.1 * gb, 0.999 * vb + 0.001 * gb**2
        fix1, fix2 = 1 - 0.9**t, 1 - 0.999**t
        update = -0.1 * (m / fix1) / (np.sqrt(v / fix2) + 1e-8)
        w_before = w
        w, b = w + update, b - 0.1 * (mb / fix1) / (np.sqrt(vb / fix2) + 1e-8)
    found = run.step(3).wait().inside("w", 0)
    assert found.step == 4
    assert found.weight == pytest.approx(w_before, rel=1e-4)
    assert found.gradient == pytest.approx(g, rel=1e-4)
    assert found.before == pytest.approx({"mu": before[0], "nu": before[1]}, rel=1e-4)
    assert found.after == pytest.approx({"mu": m, "nu": v}, rel=1e-4)
    assert found.update == pytest.approx(update, rel=1e-4)
    assert found.formula == pytest.approx(update, rel=1e-4)
    assert found.agrees
    assert f"= {update:.4g}"[:7].replace("-", "−") in str(found)
    assert run.step_count == 3
    run.step().wait()
    assert float(run.params["w"][0]) == pytest.approx(found.weight + found.update, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("adamw", {"weight_decay": 0.1}),
        ("sgd", {"momentum": 0.9}),
        ("sgd", {"momentum": 0.9, "nesterov": True}),
        ("rmsprop", {}),
        ("adagrad", {}),
    ],
)
def test_a_formula_makes_the_update_that_the_optimizer_made(name, options):
    found = run_of(name, **options).inside("w", (0,))
    assert found.formula == pytest.approx(found.update, rel=1e-4)
    assert found.agrees
    assert "made the same update" in str(found)


def test_an_optimizer_without_a_formula_shows_its_numbers():
    found = run_of("lion").inside("b", 0)
    assert set(found.before) == {"mu"}
    assert abs(found.update) == pytest.approx(0.1, rel=1e-2)
    assert found.agrees is None
    assert "not written here" in str(found)


def test_a_place_that_is_none_is_said():
    with pytest.raises(FieldError, match=r"of shape \[1\]; you gave \[1\]"):
        Run(LINE).inside("w", 1)
