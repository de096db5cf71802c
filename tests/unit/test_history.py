"""The history keeps what matters, whatever the length."""

import numpy as np
import pytest

from explorer.errors import FieldError
from explorer.training.history import History, Series, decimate


def planted(n: int) -> np.ndarray:
    values = np.linspace(2, 1, n).astype(np.float32)
    values[n // 3] = 1e6  # a spike of one step
    values[n // 2] = -7
    values[2 * n // 3] = np.nan
    values[2 * n // 3 + 5] = np.inf
    return values


def test_nothing_is_dropped_below_the_bound():
    series = Series("train", bound=1000)
    series.append(np.arange(1, 1001), planted(1000))
    assert series.length == 1000
    np.testing.assert_array_equal(series.values, planted(1000))


@pytest.mark.parametrize("chunk", [1, 7, 1000, 40_000])
def test_a_million_steps_keep_spike_nan_infinity_and_extremes(chunk):
    n = 200_000 if chunk == 1 else 1_000_000
    values, series = planted(n), Series("train", bound=4096)
    for start in range(0, n, chunk):
        part = values[start : start + chunk]
        series.append(np.arange(start + 1, start + len(part) + 1), part)
    assert series.length <= 4096
    assert series.values[series.steps == n // 3 + 1] == np.float32(1e6)
    assert series.values[series.steps == n // 2 + 1] == -7
    assert np.isnan(series.values).sum() == 1
    assert (np.diff(series.steps) > 0).all()
    # The early part is still there, as densely as what came later.
    early, later = (((a <= series.steps) & (series.steps < a + n // 8)).sum() for a in (1, n // 8))
    assert early > 90
    assert early > 0.8 * later
    # Every point that is kept is a real one.
    np.testing.assert_array_equal(series.values, values[series.steps - 1])


def test_decimate_keeps_within_the_number_asked_for():
    rng = np.random.default_rng(0)
    steps, values = np.arange(100_000), rng.normal(size=100_000)
    keep = decimate(steps, values, 2000)
    assert len(keep) <= 2000
    assert values.argmax() in keep
    assert values.argmin() in keep


def test_columns_have_steps_of_their_own_and_join_in_a_table():
    history = History()
    history.append("loss", "train", [1, 2, 3], np.float32([3, 2, 1]))
    history.append("held_out/loss", "held_out", [0, 3], np.float32([5, 4]))
    assert history.columns == ("loss", "held_out/loss")
    assert history.steps.tolist() == [1, 2, 3]
    assert history.steps_of("held_out/loss").tolist() == [0, 3]
    table = history.to_dataframe()
    assert table.loc[3, "held_out/loss"] == 4
    assert np.isnan(table.loc[2, "held_out/loss"])
    with pytest.raises(FieldError, match=r"no column 'acc'.*loss, held_out/loss"):
        history.column("acc")


def test_cutting_forgets_what_came_after():
    history = History()
    history.append("loss", "train", [1, 2, 3], np.float32([3, 2, np.nan]))
    history.cut(2)
    assert history.column("loss").tolist() == [3, 2]
    history.append("loss", "train", [3], np.float32([1]))
    assert history.column("loss").tolist() == [3, 2, 1]
