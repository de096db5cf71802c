"""The range test finds the edge where theory puts it, and says what it suggests by which rule."""

import jax
import numpy as np
import pytest

import explorer
from explorer.errors import FieldError
from explorer.training.config import Choice, RunConfig
from explorer.training.range_test import RangeTest
from explorer.training.run import Run
from explorer.training.setup import setup

LINE = RunConfig(model="linear-regression", optimizer="sgd", batch_size=800)


def test_the_losses_are_those_of_training_at_these_rates():
    test = explorer.lr_range_test(LINE, low=1e-3, high=1e-1, points=10)
    np.testing.assert_allclose(test.rates, np.geomspace(1e-3, 1e-1, 10))
    run = Run(LINE.but(steps=10, diagnostics=0, eval_every=0))
    for rate in test.rates:
        run.set(learning_rate=rate).step().wait()
    np.testing.assert_allclose(test.losses, run.history.column("loss"), rtol=1e-5)


def test_gradient_descent_breaks_at_two_over_the_largest_eigenvalue():
    # Without noise the loss comes to 0, and stays there.
    noisy = LINE.but(dataset=Choice("linear", noise=1.0), batch_size=100)
    test = explorer.lr_range_test(noisy, low=0.03, high=30.0, points=300)
    x = setup(noisy).dataset.train["x"][:, 0]
    design = np.stack([x, np.ones_like(x)])
    edge = 2 / np.linalg.eigvalsh(2 * design @ design.T / len(x))[-1]
    # From there on each step makes the error larger, so the lowest loss lies below it and the break shortly above.
    assert edge / 10 < test.rates[test.lowest] < 1.5 * edge
    assert edge < test.rates[test.end] < 4 * edge
    assert test.suggestion == test.rates[test.lowest] / 10
    assert f"broke at {test.rates[test.end]:.3g}. Suggested: {test.suggestion:.3g}." in test.sentence
    run = Run(noisy.but(optimizer=Choice("sgd", learning_rate=test.suggestion), steps=200)).start().wait()
    assert run.status == "finished"
    assert run.history.column("loss")[-50:].mean() == pytest.approx(1.0, abs=0.1)  # the variance of the noise


def made(losses):
    """A test that came to these losses."""
    return RangeTest(setup(LINE), np.geomspace(1e-4, 1, len(losses)), np.asarray(losses, float), 0.1)


def test_a_loss_that_never_falls_has_no_suggestion_and_one_that_breaks_ends_there():
    rising = made(np.linspace(1, 2, 20))
    assert rising.suggestion is None
    assert "did not fall at any learning rate from 0.0001 to 1." in rising.sentence
    broken = made([*np.linspace(2, 1, 10), np.nan, *[5.0] * 9])
    assert broken.end == 10
    assert broken.lowest == 9
    assert np.isnan(broken.smoothed[10:]).all()
    # The average is corrected for its start: the first is the loss itself.
    assert broken.smoothed[0] == pytest.approx(2.0)
    record = broken.records()["range_test"]
    assert record.header["suggestion"] == pytest.approx(broken.rates[9] / 10)
    np.testing.assert_array_equal(record.buffers["losses"], broken.losses)
    figure = broken.plot()
    assert list(figure.data[0].y) == list(np.linspace(2, 1, 10))


def test_what_cannot_be_tested_is_said():
    with pytest.raises(FieldError, match="optimizer: has no learning rate to test"):
        explorer.lr_range_test(LINE.but(optimizer=Choice("lbfgs", learning_rate=None)))
    with pytest.raises(FieldError, match="high: must be above low"):
        explorer.lr_range_test(LINE, low=1.0, high=0.1)
    with pytest.raises(FieldError, match="points: must be a whole number from 10"):
        explorer.lr_range_test(LINE, points=3)


def test_it_becomes_a_page(tmp_path):
    test = explorer.lr_range_test(LINE, points=20)
    assert 'data-key="range_test"' in test.save(tmp_path / "test.html").read_text()
    assert jax.config.jax_enable_x64 is False
