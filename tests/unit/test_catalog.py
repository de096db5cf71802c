"""The catalog's contract: what is shipped keeps it, and so does what a reader adds in one file."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from explorer.catalog import registry
from explorer.catalog.contract import parameter_names, spec_of
from explorer.errors import FieldError
from explorer.training.fit import misfit


def test_the_article_s_models_and_data_are_there():
    assert {"linear-regression", "neural-network"} <= set(registry.names("model"))
    assert {"linear", "mnist"} <= set(registry.names("dataset"))


@pytest.mark.parametrize("name", registry.names("model"))
def test_every_model_keeps_the_contract(name):
    model = registry.model(name)
    default = model.defaults["dataset"]
    dataset = registry.dataset(default) if isinstance(default, str) else registry.dataset(*default)
    assert misfit(model, spec_of(dataset.train, 4)) is None
    params, _ = model.init(jax.random.key(0), spec_of(dataset.train, 4))
    assert all(jnp.issubdtype(leaf.dtype, jnp.inexact) for leaf in jax.tree.leaves(params))
    assert model.summary.endswith(".")
    assert all(option.help.endswith(".") for option in model.options.values())


@pytest.mark.parametrize("name", registry.names("dataset"))
def test_every_dataset_is_finite_and_the_same_for_the_same_seed(name):
    first, second = registry.dataset(name), registry.dataset(name)
    for part in ("train", "held_out"):
        one, two = getattr(first, part), getattr(second, part)
        for key, values in (one or {}).items():
            assert np.isfinite(values).all()
            np.testing.assert_array_equal(values, two[key])


def test_mnist_is_real_shuffled_and_balanced():
    digits = registry.dataset("mnist")
    assert digits.train["x"].shape == (4000, 784)
    assert digits.held_out["x"].shape == (1000, 784)
    labels = np.concatenate([digits.train["y"], digits.held_out["y"]])
    assert np.bincount(labels).tolist() == [500] * 10
    # sorted by class in the file, mixed here: every class among the first hundred
    assert len(set(digits.train["y"][:100].tolist())) == 10
    assert not np.array_equal(registry.dataset("mnist", {"seed": 1}).train["y"], digits.train["y"])


def test_the_line_is_exact_without_noise_and_its_truth_is_known():
    line = registry.dataset("linear")
    truth = line.truth
    np.testing.assert_allclose(line.train["x"] @ truth["w"] + truth["b"], line.train["y"], atol=1e-6)
    noisy = registry.dataset("linear", {"noise": "0.5", "examples": 5000})
    residual = noisy.train["y"] - (noisy.train["x"] @ truth["w"] + truth["b"])
    assert residual.std() == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize(
    ("kind", "name", "options", "field", "said"),
    [
        ("model", "neural-netwrk", {}, "model", "Did you mean 'neural-network'"),
        ("model", "neural-network", {"hiden": 3}, "hiden", "Did you mean 'hidden'"),
        ("model", "neural-network", {"hidden": 0}, "hidden", "a whole number from 1 to 4,096; you gave '0'"),
        ("model", "neural-network", {"hidden": "wide"}, "hidden", "you gave 'wide'"),
        ("dataset", "linear", {"noise": float("nan")}, "noise", "you gave 'nan'"),
        ("dataset", "mnist", {"seed": 2**70}, "seed", "you gave '1180591620717411303424'"),
    ],
)
def test_bad_picks_name_the_field(kind, name, options, field, said):
    with pytest.raises(FieldError) as caught:
        getattr(registry, kind)(name, options)
    assert caught.value.field == field
    assert said in str(caught.value)


def test_what_does_not_fit_says_why():
    network, line = registry.model("neural-network"), registry.dataset("linear")
    reason = misfit(network, spec_of(line.train, 8))
    assert "y: float32[8]" in reason
    assert "int" in reason


def test_names_of_parameters_read_as_paths():
    params = {"hidden": {"w": jnp.zeros(1), "b": jnp.zeros(1)}, "list": [jnp.zeros(1)]}
    assert parameter_names(params) == ("hidden/b", "hidden/w", "list/0")
    assert parameter_names(jnp.zeros(2)) == ("params",)
