"""Sharpness and per-example gradients against what is known: dense Hessians, quadratics, covariances."""

import contract_models
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from explorer.catalog.contract import Dataset, Model
from explorer.gradients.lanczos import lanczos
from explorer.training.config import Choice, RunConfig
from explorer.training.objective import objective_of
from explorer.training.run import Run

MLP = RunConfig(
    model=Choice("mlp", depth=1, width=6), dataset=Choice("moons"), optimizer="sgd", batch_size=16, steps=200, seed=3
)
POINTS = np.random.default_rng(0).normal([3.0, -1.0], [1.0, 0.5], (64, 2)).astype(np.float32)


def dense(run):
    """Return every eigenvalue of the Hessian over all training examples, ascending."""
    flat, tree_of = ravel_pytree(run.params)
    batch = run.setup.data()
    objective = objective_of(run.setup.model)
    loss = lambda flat: objective(tree_of(flat), {}, batch, jax.random.key(0))[0]  # noqa: E731
    return np.linalg.eigvalsh(np.asarray(jax.jit(jax.hessian(loss))(flat), np.float64))


def centre():
    """Half the squared distance of a point to each example: the gradient of example i is p - x_i."""
    return Model(
        "centre",
        "Centre",
        "A point.",
        init=lambda key, spec: ({"p": jnp.zeros(2)}, {}),
        apply=lambda params, state, batch, *, key, train: (params["p"] - batch["x"], state),
        loss=lambda outputs, batch: 0.5 * jnp.sum(outputs**2, axis=-1),
        defaults={"dataset": "points", "optimizer": "sgd", "batch_size": 32, "steps": 10},
    )


def points():
    """A cloud."""
    return Dataset("points", "Points", "A cloud.", lambda: ({"x": POINTS}, None), inputs=("x",))


def test_sharpness_is_the_largest_eigenvalue_of_the_dense_hessian():
    run = Run(MLP).step(50).wait()
    found = run.sharpness(over_time=True)
    expected = dense(run)
    assert found.value == pytest.approx(expected[-1], rel=2e-3)
    assert found.found[-1].converged
    assert found.found[-1].products < len(expected)
    assert found.steps[0] == 0
    assert found.steps[-1] == 50
    rate = run.setup.optimizer.options["learning_rate"]
    np.testing.assert_allclose(found.limits, 2 / rate)
    assert "2 / learning rate" in found.sentence
    assert f"{found.value:.4g}" in found.figure().layout.title.subtitle.text


def test_momentum_has_a_limit_of_its_own_and_adam_has_none():
    def with_momentum(**options):
        return Run(MLP.but(optimizer=Choice("sgd", learning_rate=0.1, momentum=0.9, **options))).sharpness()

    np.testing.assert_allclose(with_momentum().limits, 38.0)
    np.testing.assert_allclose(with_momentum(nesterov=True).limits, 3.8 / 2.8 / 0.1)
    adam = Run(MLP.but(optimizer="adam")).sharpness()
    assert adam.limits is None
    assert "no limit follows" in adam.sentence


def test_lanczos_says_how_far_it_came():
    values = np.linspace(-5, 1, 200)
    product = lambda v: values * v  # noqa: E731
    start = np.random.default_rng(0).standard_normal(200)
    good = lanczos(product, start, tolerance=1e-6, most=100)
    assert good.converged
    assert good.largest == pytest.approx(1, abs=1e-5)
    assert good.smallest == pytest.approx(-5, abs=1e-5)
    short = lanczos(product, start, tolerance=1e-6, most=4)
    assert not short.converged
    assert abs(short.largest - 1) <= max(short.error, 0.5)
    with pytest.raises(FloatingPointError, match="not finite"):
        lanczos(lambda v: v * np.nan, start, tolerance=1e-3, most=10)


def test_the_noise_scale_of_a_cloud_is_its_variance_over_its_squared_distance(catalog):
    catalog.register("model", centre)
    catalog.register("dataset", points)
    found = Run(RunConfig(model="centre")).example_gradients(examples=64)
    spread = POINTS.var(axis=0, ddof=1).sum()
    middle = POINTS.mean(axis=0)
    assert found.variance == pytest.approx(spread, rel=1e-4)
    assert found.noise_scale == pytest.approx(spread / (middle @ middle - spread / 64), rel=1e-4)
    np.testing.assert_allclose(found.norms, np.linalg.norm(POINTS, axis=1), rtol=1e-5)
    np.testing.assert_allclose(found.along, POINTS @ middle / np.linalg.norm(middle), rtol=1e-4, atol=1e-5)
    furthest = int(np.linalg.norm(POINTS, axis=1).argmax())
    assert found.rows[found.hardest[0]] == furthest
    assert f"Example {furthest:,} pulls" in str(found)
    assert not found.coupled


def test_gradients_of_examples_that_share_batch_statistics_are_taken_within_the_batch(catalog):
    catalog.register("model", contract_models.batch_norm)
    found = Run(RunConfig(model=contract_models.batch_norm().name)).example_gradients("w")
    assert found.coupled
    assert np.mean(found.along) == pytest.approx(found.mean_norm, rel=1e-3)  # their mean is the gradient
    assert "depends on the others" in str(found)


def test_one_parameter_of_the_next_batch():
    run = Run(MLP).step(5).wait()
    found = run.example_gradients("output/w")
    np.testing.assert_array_equal(found.rows, run.rows_after(5))
    assert np.mean(found.along) == pytest.approx(found.mean_norm, rel=1e-3)
    assert found.norms[found.hardest[0]] == found.norms.max()
    assert len(found.figure().data[0].x) == 16
