"""Every model of the catalog trains on its data, lowers its loss and can be inspected; known answers are reached."""

import importlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from catalog_models import LONG, each_model
from sklearn.linear_model import LogisticRegression

from explorer.catalog import optimizers, registry
from explorer.training.config import Choice, RunConfig
from explorer.training.look import look_at
from explorer.training.run import Run

DIGITS, LETTERS = Choice("mnist", held_out=4800), Choice("sonnets", length=16)
SMALL = {  # options of the model, its data, and by what factor the loss falls in so few steps
    "neural-network": ({"hidden": 16}, DIGITS, 0.7),
    "autoencoder": ({"hidden": 16, "code": 4}, DIGITS, 0.7),
    "convolutional-network": ({"channels": 2}, DIGITS, 0.9),
    "fourier-features": ({"features": 8, "hidden": 16}, Choice("pixels", side=16), 0.7),
    "recurrent-network": ({"width": 8, "hidden": 16}, LETTERS, 0.8),
    "transformer": ({"layers": 1, "width": 16, "heads": 2}, LETTERS, 0.8),
}
ARTICLE = {"linear-regression", "neural-network"}  # trained, inspected and met by every optimizer in other tests
STAGES = ("jaxpr", "stablehlo", "hlo")
# What the defaults reach on the held-out data, measured; the bounds leave room for another version's rounding.
REACHED = {
    "linear-regression": ("loss", 1e-6),
    "neural-network": ("accuracy", 0.92),
    "ridge-regression": ("loss", 1.2),
    "polynomial-regression": ("loss", 0.02),
    "logistic-regression": ("accuracy", 0.95),
    "mlp": ("accuracy", 0.98),
    "convolutional-network": ("accuracy", 0.9),
    "autoencoder": ("loss", 0.05),
    "fourier-features": ("loss", 0.04),
    "recurrent-network": ("accuracy", 0.33),
    "transformer": ("accuracy", 0.33),
}
MINIMA = {
    "rosenbrock": [(1, 1)],
    "beale": [(3, 0.5)],
    "himmelblau": [(3, 2), (-2.805118, 3.131312), (-3.779310, -3.283186), (3.584428, -1.848126)],
    "rastrigin": [(0, 0)],
    "saddle": [(0, 1), (0, -1)],
}


def _small(name: str) -> tuple[RunConfig, float]:
    bare = RunConfig(model=name, steps=200, eval_every=0, diagnostics=0)  # compiles half as long
    if name in MINIMA:
        return bare, 0.5
    options, data, factor = SMALL.get(name, ({}, None, 0.5))
    return bare.but(model=Choice(name, **options), dataset=data, batch_size=32, steps=60), factor


@pytest.mark.parametrize("name", each_model(ARTICLE | {"recurrent-network", "transformer"}))
def test_every_model_lowers_its_loss(name):
    config, factor = _small(name)
    run = Run(config).start().wait()
    assert run.status == "finished"
    losses = run.history.column("loss")
    assert losses[-5:].mean() < factor * losses[0]


@pytest.mark.parametrize("name", each_model(ARTICLE | LONG))
def test_every_model_is_seen_in_every_stage(name):
    seen = look_at(Run(_small(name)[0]).setup, "train_step")
    assert seen.problem is None
    for stage in STAGES:
        assert seen.stages[stage].available, seen.stages[stage].reason
        assert len(seen.stages[stage].text.splitlines()) > 10


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.names("model"))
def test_the_defaults_of_a_model_really_learn(name):
    run = Run(RunConfig(model=name)).start().wait()
    if name in MINIMA:
        best = 8.0 if name == "rastrigin" else 1e-5  # Rastrigin's nearest dent is not the lowest
        assert run.history.column("loss")[-1] < best
        return
    figure, bound = REACHED[name]
    reached = run.history.column(f"held_out/{figure}")[-1]
    assert reached > bound if figure == "accuracy" else reached < bound


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.names("model"))
def test_every_function_of_every_model_is_seen_in_every_stage(name):
    run = Run(_small(name)[0])
    for function in ("model", "loss", "gradient"):
        seen = look_at(run.setup, function)
        assert all(seen.stages[stage].available for stage in STAGES)


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("name", sorted(set(registry.names("model")) - ARTICLE))
def test_every_optimizer_steps_on_every_model_that_it_fits(name):
    config, _ = _small(name)
    leaves = Run(config).setup.params_spec
    for optimizer in optimizers.names():
        if optimizers.fits(optimizer, leaves) is None:
            run = Run(config.but(optimizer=optimizer, steps=3, diagnostics=0, eval_every=0)).start().wait()
            # A rate that suits a network may be too large for the steep sides of a test function: then it says so.
            ended = ("finished", "diverged") if name in MINIMA else ("finished",)
            assert run.status in ended, (optimizer, run.divergence)
            assert run.step_count >= 1


def _closed_form(x, y, strength):
    """Return w and b that minimise the mean squared error plus strength |w|^2."""
    columns = np.column_stack([x, np.ones(len(x))])
    penalty = strength * np.diag([*np.ones(x.shape[1]), 0])
    solution = np.linalg.solve(columns.T @ columns / len(x) + penalty, columns.T @ y / len(x))
    return solution[:-1], solution[-1]


@pytest.mark.parametrize(
    ("model", "data", "rate"),
    [
        (Choice("linear-regression"), Choice("linear", noise=1.0), 0.3),
        (Choice("ridge-regression", strength=0.5), Choice("linear", noise=1.0), 0.3),
        (Choice("ridge-regression", strength=0.2), Choice("diabetes"), 0.1),
    ],
    ids=["linear", "ridge", "ridge on diabetes"],
)
def test_regression_reaches_the_closed_form(model, data, rate):
    train = registry.dataset(data.name, data).train
    config = RunConfig(model=model, dataset=data, optimizer=Choice("sgd", learning_rate=rate), steps=600)
    run = Run(config.but(dtype="float64", batch_size=len(train["y"]), eval_every=0, diagnostics=0)).start().wait()
    w, b = _closed_form(train["x"].astype(float), train["y"].astype(float), model.get("strength", 0.0))
    np.testing.assert_allclose(run.params["w"], w, atol=1e-9)
    np.testing.assert_allclose(run.params["b"], [b], atol=1e-9)


def test_logistic_regression_reaches_scikit_learn_s():
    train, strength = registry.dataset("iris").train, 0.01
    examples = len(train["y"])
    model = Choice("logistic-regression", strength=strength)
    config = RunConfig(model=model, dataset="iris", optimizer=Choice("sgd", learning_rate=1.0), steps=4000)
    run = Run(config.but(dtype="float64", batch_size=examples, eval_every=0, diagnostics=0)).start().wait()
    # Theirs is C times the summed loss plus half the squared weights.
    theirs = LogisticRegression(C=1 / (2 * examples * strength), tol=1e-12, max_iter=100_000)
    theirs.fit(train["x"].astype(float), train["y"])
    np.testing.assert_allclose(run.params["w"], theirs.coef_.T, atol=1e-5)
    ours = np.asarray(run.params["b"])  # only differences of the biases mean anything
    np.testing.assert_allclose(ours - ours.mean(), theirs.intercept_ - theirs.intercept_.mean(), atol=1e-5)


@pytest.mark.parametrize("name", MINIMA)
def test_a_function_of_two_parameters_is_flat_and_zero_at_its_minima(name):
    function = getattr(importlib.import_module(f"explorer.catalog.models.{name}"), name)
    for point in MINIMA[name]:
        at = [jnp.float32(value) for value in point]
        assert float(function(*at)) == pytest.approx(0, abs=1e-6)
        np.testing.assert_allclose(jax.grad(function, (0, 1))(*at), 0, atol=1e-3)


def _applied(name, options=None, dataset=None, examples=4, train=False):
    """Return a model's outputs as a function of the batch, with params of seed 0."""
    model = registry.model(name, options)
    data = registry.dataset(dataset or model.defaults["dataset"])
    batch = {key: values[:examples] for key, values in data.train.items()}
    params, state = model.init(jax.random.key(0), data.spec(examples))

    def outputs(batch, key=0):
        return model.apply(params, state, batch, key=jax.random.key(key), train=train)

    return jax.jit(outputs), batch


@pytest.mark.parametrize("name", ["recurrent-network", "transformer"])
def test_a_text_model_does_not_look_ahead(name):
    outputs, batch = _applied(name, SMALL[name][0])
    changed = batch["tokens"].copy()
    changed[:, 40:] = 65
    before, after = outputs(batch)[0], outputs({"tokens": changed})[0]
    np.testing.assert_allclose(before[:, :40], after[:, :40], atol=1e-6)
    assert not np.allclose(before[:, 40:], after[:, 40:], atol=1e-4)


def test_dropout_silences_units_in_training_alone():
    silent, batch = _applied("mlp", {"dropout": 0.5}, train=True)
    assert not np.allclose(silent(batch, key=0)[0], silent(batch, key=1)[0])
    steady, _ = _applied("mlp", {"dropout": 0.5})
    np.testing.assert_array_equal(steady(batch, key=0)[0], steady(batch, key=1)[0])


def test_batch_norm_takes_the_batch_in_training_and_what_it_remembers_in_use():
    training, batch = _applied("convolutional-network", {"channels": 2}, train=True)
    using, _ = _applied("convolutional-network", {"channels": 2})
    one = {key: values[:1] for key, values in batch.items()}
    np.testing.assert_allclose(using(one)[0], using(batch)[0][:1], rtol=1e-4, atol=1e-5)
    outputs, state = training(batch)
    assert not np.allclose(outputs, using(batch)[0], rtol=1e-2)
    assert state["conv1"]["mean"].any()
    assert not using(batch)[1]["conv1"]["mean"].any()
