"""A model or data of somebody's own: picked like the shipped ones; what is wrong with them is said in words."""

import contextlib
import io
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from flax import nnx

import explorer
from explorer.catalog import registry
from explorer.catalog.contract import Dataset, Model
from explorer.catalog.pictures import data_record
from explorer.errors import FieldError
from explorer.training.config import RunConfig
from explorer.training.run import Run
from explorer.training.script import script_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2)).astype(np.float32)
LINE = {"x": X, "y": X @ [1.0, -2.0] + 0.5}
SIDES = {"x": X, "y": (X[:, 0] > 0).astype(int)}
SHORT = {"steps": 60, "batch_size": 16, "eval_every": 60, "diagnostics": 0}


@pytest.fixture(autouse=True)
def _own(catalog):
    """What a test registers is gone after it."""


def learns(**fields):
    """Train for some steps and return the run, whose held-out loss has fallen."""
    run = explorer.train(progress=False, **{**SHORT, **fields})
    losses = run.history.column("held_out/loss")
    assert losses[-1] < 0.8 * losses[0]
    return run


def start(key, x):
    """Params of a plain model: w f32[D, 3], b f32[3]."""
    return {"w": 0.1 * jax.random.normal(key, (x.shape[1], 2)), "b": jnp.zeros(2)}


def predict(params, x):
    """Logits of a plain model."""
    return x @ params["w"] + params["b"]


def printed(text):
    """Run a script and return its last line."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(text, "script.py", "exec"), {"__name__": "__main__"})
    return out.getvalue().splitlines()[-1]


def test_arrays_are_learned_from_and_their_script_reads_them_from_a_file(tmp_path, monkeypatch):
    run = learns(model="linear-regression", dataset=LINE, optimizer="sgd")
    assert run.config.dataset.name == "your-data"
    assert run.setup.dataset.summary == "Yours: 60 rows of x [60, 2], y [60]."
    assert (len(run.setup.dataset.train["y"]), len(run.setup.dataset.held_out["y"])) == (48, 12)
    monkeypatch.chdir(tmp_path)
    np.savez("your-data.npz", **{k: v.astype(np.float32) for k, v in LINE.items()})
    loss = float(printed(script_of(run)).split()[-1])
    assert loss == pytest.approx(run.history.column("loss")[-1], rel=1e-3)


def test_a_table_is_previewed_column_by_column_with_its_labels():
    frame = pd.DataFrame({"height": X[:, 0] * 20 + 170, "age": np.arange(60), "who": ["cat", "dog"] * 30})
    name = explorer.register(frame, name="pets", title="Pets")
    record = data_record(registry.dataset(name))
    assert record.header["title"] == "Pets"
    preview = record.header["preview"]  # two inputs and labels: points
    assert (preview["x"], preview["y"], preview["labels"]) == ("height", "age", ["cat", "dog"])
    np.testing.assert_allclose(registry.dataset("pets").train["x"].std(axis=0), 1, rtol=1e-4)
    assert registry.dataset(explorer.register(frame[["age", "height"]], name="heights")).classes == 0


def test_a_csv_file_is_read_again_by_its_script(tmp_path):
    path = tmp_path / "sizes.csv"
    lines = ["width,length,kind", *(f"{a:.4f},{b:.4f},{'big' if a + b > 0 else 'small'}" for a, b in X)]
    path.write_text("\n".join(lines))
    run = learns(model="logistic-regression", dataset=str(path))
    assert run.config.dataset.name == "sizes"
    assert run.config.model["classes"] == 2
    assert run.setup.dataset.labels == ("big", "small")
    loss = float(printed(script_of(run)).split()[-1])
    assert loss == pytest.approx(run.history.column("loss")[-1], rel=1e-3)


@pytest.mark.parametrize(
    ("data", "field", "said"),
    [
        ({"x": X, "y": LINE["y"][:50]}, "dataset", "'x' has 60, 'y' has 50 rows"),
        ({"x": X[:4], "y": LINE["y"][:4]}, "dataset", "has 4 rows. At least 10 are needed: a fifth is held out"),
        (
            {"x": np.where(X > 2, np.nan, X), "y": LINE["y"]},
            "dataset",
            "in 'x' .* a missing or infinite value, the first",
        ),
        (pd.DataFrame({"a": [None, *range(59)], "y": range(60)}), "dataset", "in 'a' a row has .*, the first is row 1"),
        (pd.DataFrame({"city": ["Bern"] * 60, "y": range(60)}), "dataset", "'city' holds 'Bern' in row 1"),
        (pd.DataFrame({"a": range(60), "y": ["one"] * 60}), "dataset", "every row has the same 'y'"),
        (pd.DataFrame({"a": range(60)}), "dataset", "has 1 column. At least 2 are needed"),
        ({"x": 3.0}, "dataset", "'x' is a single number"),
        ("nowhere.csv", "dataset", "'nowhere.csv' cannot be read"),
        (42, "dataset", "a int cannot be learned from. Allowed: a dict of arrays"),
    ],
    ids=["lengths", "few", "nan", "none", "text", "same", "one column", "scalar", "no file", "number"],
)
def test_what_is_wrong_with_data_is_said_in_words(data, field, said):
    with pytest.raises(FieldError, match=said) as caught:
        explorer.Explorer(dataset=data)
    assert caught.value.field == field


def test_a_csv_file_with_a_broken_row_and_an_unknown_target(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1,2\n3\n")
    with pytest.raises(FieldError, match=r"row 2 of 'rows.csv' has 1 cells where there are 2 columns"):
        explorer.register(path)
    path.write_text("".join(f"{i},{2 * i}\n" for i in range(20)))  # no names: columns are counted
    with pytest.raises(FieldError, match="there is no column 'price'") as caught:
        explorer.register(path, target="price")
    assert caught.value.field == "target"
    assert explorer.register(path, target="0") == "rows"


def test_a_plain_init_and_apply_train_and_stand_in_a_script(tmp_path, monkeypatch):
    name = explorer.register((start, predict), dataset=SIDES)
    assert name == "your-model"
    run = learns(model=name, optimizer=explorer.Choice("adam", learning_rate=0.05))
    assert run.history.column("held_out/accuracy")[-1] > 0.8
    monkeypatch.chdir(tmp_path)
    np.savez("your-data.npz", x=SIDES["x"], y=SIDES["y"].astype(np.int32))
    loss = float(printed(script_of(run)).split()[-1])
    assert loss == pytest.approx(run.history.column("loss")[-1], rel=1e-3)


def test_a_model_of_the_contract_and_a_function_that_builds_one():
    def build(scale=1.0):
        init = partial(lambda key, spec: ({"w": jnp.zeros(2)}, {}))
        model = Model("scaled", "Scaled", "S.", init, apply, lambda o, b: (o - b["y"]) ** 2)
        return model

    def apply(params, state, batch, *, key, train):
        return batch["x"] @ params["w"], state

    assert explorer.register(build) == "scaled"
    assert "scaled" in explorer.models()
    data = Dataset("mine", "Mine", "M.", lambda: (LINE, None), ("x",))
    assert explorer.register(data) == "mine"
    assert explorer.datasets()[-1] == "mine"


def test_an_equinox_module_trains_with_dropout_and_keeps_the_rest_as_it_is():
    key = jax.random.key(0)
    layers = [eqx.nn.Linear(2, 8, key=key), eqx.nn.Lambda(jnp.tanh), eqx.nn.Dropout(0.2), eqx.nn.Linear(8, 2, key=key)]
    run = learns(model=eqx.nn.Sequential(layers), dataset=SIDES, optimizer=explorer.Choice("adam", learning_rate=0.02))
    assert "layers/0/weight" in run.setup.parameters
    assert run.history.column("held_out/accuracy")[-1] > 0.8
    with pytest.raises(FieldError, match="only this kernel has"):
        script_of(run)


class Net(nnx.Module):
    """Dense, batch norm, dropout, dense."""

    def __init__(self, rngs):
        self.dense1, self.dense2 = nnx.Linear(2, 8, rngs=rngs), nnx.Linear(8, 2, rngs=rngs)
        self.norm, self.dropout = nnx.BatchNorm(8, rngs=rngs), nnx.Dropout(0.2, rngs=rngs)

    def __call__(self, x):
        """Return logits."""
        return self.dense2(self.dropout(nnx.relu(self.norm(self.dense1(x)))))


def test_a_flax_module_trains_with_its_batch_statistics_and_random_streams_as_state():
    net = Net(nnx.Rngs(0))
    before = np.asarray(net.dense1.kernel[...])
    run = learns(model=net, dataset=SIDES, optimizer=explorer.Choice("adam", learning_rate=0.02))
    assert run.config.model.name == "your-net"
    assert "dense1/kernel" in run.setup.parameters
    assert run.carry.state["norm"]["mean"].any()
    assert int(run.carry.state["dropout"]["rngs"]["count"]) == 60
    np.testing.assert_array_equal(net.dense1.kernel[...], before)  # yours stays as it was


def test_a_model_without_data_gets_the_first_that_fits_and_one_that_none_fits_says_so():
    name = explorer.register((start, predict), name="two-ways")
    assert Run(RunConfig(model=name)).config.dataset.name == "circles"  # the first with two classes
    with pytest.raises(FieldError, match="no data set of the catalog fits this model"):
        explorer.register((lambda key: jnp.ones((7, 2)), lambda params, x: x @ params))
    with pytest.raises(FieldError, match="init takes 3 arguments"):
        explorer.register((lambda a, b, c: a, lambda p, x: x))
