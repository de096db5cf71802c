"""A race is fair, its runs are the ones that training alone gives, and its ranks follow the rules that it states."""

import csv
import time

import jax
import numpy as np
import pytest

import explorer
import explorer.training.history
from explorer.app.race_panel import follow
from explorer.errors import FieldError
from explorer.training.config import Choice, RunConfig
from explorer.training.race import seeds as seeds_module
from explorer.training.race.lane import Lane
from explorer.training.race.standing import table_of
from explorer.training.run import Run
from explorer.training.setup import setup
from explorer.views.panel import Panel

NOISY = {"model": "linear-regression", "dataset": Choice("linear", noise=1.0), "steps": 120, "eval_every": 60}


@pytest.fixture(scope="module")
def race():
    """Two optimizers, tuned, three seeds each."""
    return explorer.race(optimizers=["sgd", "adam"], seeds=3, progress=False, **NOISY)


def test_all_begin_alike_and_see_the_same_batches_each_at_its_own_rate(race):
    assert [lane.name for lane in race.lanes] == ["sgd", "adam"]
    assert len(race.runs) == 6
    sgd, adam = race.lanes
    for one, other in zip(sgd.runs, adam.runs, strict=True):
        assert one.config.seed == other.config.seed
        for a, b in zip(*(jax.tree.leaves(run.setup.initial().params) for run in (one, other)), strict=True):
            np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
        np.testing.assert_array_equal(one.batch_after(50)["x"], other.batch_after(50)["x"])
    for lane in race.lanes:
        wanted = explorer.lr_range_test(RunConfig(**NOISY, optimizer=lane.config.optimizer.name)).suggestion
        assert lane.rate == float(f"{wanted:.3g}")
    assert race.fair == "All begin with the same params and see the same batches in the same order."


@pytest.mark.slow
def test_the_runs_are_those_of_training_alone(race):
    for lane in race.lanes:
        first = Run(lane.config).start().wait()
        np.testing.assert_array_equal(first.history.column("loss"), lane.runs[0].history.column("loss"))
        second = Run(lane.config.but(seed=1)).start().wait()
        np.testing.assert_allclose(second.history.column("loss"), lane.runs[1].history.column("loss"), rtol=1e-3)
        np.testing.assert_allclose(np.asarray(second.params["w"]), np.asarray(lane.runs[1].params["w"]), rtol=1e-3)
        assert lane.runs[1].status == "finished"


def test_side_by_side_gives_the_numbers_of_one_after_the_other_and_is_left_where_it_is_not_faster():
    config = setup(RunConfig(**NOISY, optimizer="adam")).config
    configs = [config.but(seed=i) for i in (3, 4)]
    found = seeds_module.side_by_side(configs, 1e9, lambda: True)
    for each, run in zip(configs, found, strict=True):
        alone = Run(each).start().wait()
        for name in ("loss", "held_out/loss"):
            np.testing.assert_allclose(run.history.column(name), alone.history.column(name), rtol=1e-3)
            assert run.history.steps_of(name).tolist() == alone.history.steps_of(name).tolist()
        np.testing.assert_allclose(np.asarray(run.params["w"]), np.asarray(alone.params["w"]), rtol=1e-3)
    assert seeds_module.side_by_side(configs, 1e-12, lambda: True) is None
    wild = config.but(optimizer=Choice("sgd", learning_rate=1e4))
    assert seeds_module.side_by_side([wild, wild.but(seed=9)], 1e9, lambda: True) is None


class Fake:
    """A run that came to these losses in so many seconds."""

    def __init__(self, losses, seconds):
        self.history = explorer.training.history.History()
        self.history.append("loss", "train", np.arange(1, len(losses) + 1), np.float32(losses))
        self.step_count, self.seconds_per_step, self.divergence = len(losses), seconds / 100, None
        self.config = RunConfig(steps=100)
        self.setup = setup(RunConfig(**NOISY))


def test_ranks_follow_the_rules():
    config = setup(RunConfig(**NOISY)).config
    slow = Lane("slow and good", config, runs=[Fake(np.linspace(1.0, 0.1, 100), 10.0)])
    quick = Lane("quick and poor", config, runs=[Fake(np.linspace(1.0, 0.3, 100), 1.0)])
    broken = Lane("broken", config, runs=[Fake(np.linspace(1.0, 0.5, 40), 1.0)])
    rows = table_of([quick, slow, broken], 100)
    assert [row["name"] for row in rows] == ["slow and good", "quick and poor", "broken"]
    assert [row["rank_by_steps"] for row in rows] == [1, 2, None]
    assert [row["rank_by_time"] for row in rows] == [2, 1, None]  # one that did not come to the end has no rank
    assert rows[0]["loss"] == pytest.approx(np.linspace(1.0, 0.1, 100)[-5:].mean())
    # In the second that the quick one takes for its hundred steps, the slow one takes ten.
    assert rows[0]["loss_at_equal_time"] == pytest.approx(np.linspace(1.0, 0.1, 100)[5:10].mean())


def test_bands_hold_every_seed_and_the_table_is_written(race, tmp_path):
    lane = race.lanes[0]
    table = np.stack([run.history.column("loss") for run in lane.runs])
    np.testing.assert_allclose(lane.history.column("loss"), table.mean(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(lane.history.column("low:loss"), table.min(axis=0))
    np.testing.assert_array_equal(lane.history.column("high:loss"), table.max(axis=0))
    with race.table().to_csv(tmp_path / "race.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [row["name"] for row in race.table()]
    assert float(rows[0]["loss"]) == race.table()[0]["loss"]
    assert list(race.table().to_dataframe()["seeds"]) == [3, 3]
    records = race.page_records()
    assert records["race"].header["how"] == race.how
    assert 'data-key="race"' in race.save(tmp_path / "race.html").read_text()


def test_configs_race_as_they_are_one_that_diverges_is_told_and_stop_ends_it():
    configs = [RunConfig(**NOISY, optimizer=Choice("sgd", learning_rate=rate)) for rate in (0.05, 1e4)]
    raced = explorer.race(configs, progress=False)
    assert [lane.rate for lane in raced.lanes] == [0.05, 1e4]
    last = raced.table()[-1]
    assert last["rank_by_steps"] is None
    assert f"not finite, first at step {raced.runs[1].divergence.step}" in last["note"]
    long = explorer.race([config.but(steps=50_000_000) for config in configs[:1] * 2], wait=False)
    panel = Panel("race")
    follow(long, panel)
    deadline = time.monotonic() + 60
    while not long.taken and time.monotonic() < deadline:
        time.sleep(0.01)
    assert long.taken, long.error
    panel._heard(panel, {"type": "command", "name": "stop", "args": {}}, [])
    long.wait(30)
    shown = panel.snapshot()["status"].header
    panel.close()
    assert (long.status, shown["status"], shown["can"]) == ("stopped", "stopped", [])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "optimizers: or configs are needed"),
        ({"optimizers": ["adam"]}, "optimizers: must make 2 contestants or more"),
        ({"optimizers": ["adam", "sgd"], "seeds": 99}, "seeds: must make 2 contestants"),
        ({"optimizers": ["adam", "adamm"]}, "Did you mean 'adam'"),
        ({"optimizers": ["adam", "sgd"], "tune": "grid"}, "tune: must be 'range-test' or None"),
    ],
)
def test_what_cannot_race_is_said(given, said):
    with pytest.raises(FieldError) as raised:
        explorer.race(**given)
    assert said in str(raised.value)
