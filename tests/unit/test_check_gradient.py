"""A gradient that is right is found right, and one that is wrong is found wrong, in words."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from explorer.catalog.contract import Model
from explorer.catalog.models.judging import squared_error
from explorer.errors import FieldError
from explorer.training.config import Choice, RunConfig
from explorer.training.run import Run


@jax.custom_vjp
def scaled(x, w):
    """Return x w, whose rule gives twice the gradient of w."""
    return x @ w


scaled.defvjp(lambda x, w: (x @ w, (x, w)), lambda kept, g: (jnp.outer(g, kept[1]), 2 * kept[0].T @ g))


def wrong():
    """A line whose w has a gradient that is twice what it should be."""
    return Model(
        "wrong-rule",
        "Wrong",
        "A line with a wrong rule.",
        init=lambda key, spec: ({"w": jnp.ones(spec["x"].shape[1]), "b": jnp.zeros(1)}, {}),
        apply=lambda params, state, batch, *, key, train: (scaled(batch["x"], params["w"]) + params["b"], state),
        loss=squared_error,
        defaults={"dataset": "linear", "optimizer": "sgd", "batch_size": 16, "steps": 10},
    )


@pytest.mark.parametrize("name", ["hidden/w", "output/b"])
def test_a_network_agrees_within_1e_6_and_the_error_has_its_v(name):
    run = Run(RunConfig(model=Choice("neural-network", hidden=16), batch_size=32, steps=20)).step(7).wait()
    found = run.check_gradient(name)
    assert found.agrees
    assert found.error < 1e-6
    assert found.step == 7
    errors = found.errors
    assert errors[0] > 100 * found.error  # truncation
    assert errors[-1] > 100 * found.error  # rounding
    assert found.formula is None
    assert 0 < found.best < len(errors) - 1
    assert "agrees" in found.sentence
    assert ("8 of 12,544 entries" if name == "hidden/w" else "8 of 10 entries") in str(found)
    assert not jax.config.jax_enable_x64


def test_the_checked_numbers_are_the_gradient_of_the_next_batch():
    run = Run(RunConfig(model="linear-regression")).step(3).wait()
    found = run.check_gradient("w")
    x, y = (np.asarray(run.batch_after(3)[key], np.float64) for key in ("x", "y"))
    residual = x @ np.float64(run.params["w"]) + np.float64(run.params["b"]) - y
    np.testing.assert_allclose(found.gradient, 2 * (residual[:, None] * x).mean(axis=0), rtol=1e-12)
    assert found.formula_error is not None
    assert found.formula_error < 1e-12
    assert "by hand" in str(found)


def test_a_wrong_rule_is_found_and_said(catalog):
    catalog.register("model", wrong)
    run = Run(RunConfig(model="wrong-rule", dataset="circles"))
    found = run.check_gradient("w")
    assert not found.agrees
    assert found.error == pytest.approx(0.5)
    assert "is wrong" in found.sentence
    assert "2 times what it should be" in found.sentence
    assert run.check_gradient("b").agrees


def test_a_check_shows_itself_with_its_words():
    found = Run(RunConfig(model="linear-regression")).check_gradient("b")
    figure = found.figure()
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    assert sum(len(trace.x) for trace in figure.data) == len(found.step_sizes) + 1  # the best is in both
    assert "agrees with finite differences" in figure.layout.title.subtitle.text
    assert found._repr_mimebundle_()["text/plain"] == str(found)


def test_what_cannot_be_checked_is_said():
    run = Run(RunConfig(model="linear-regression"))
    with pytest.raises(FieldError, match="no parameter 'nothing'\\. Allowed: b, w"):
        run.check_gradient("nothing")
    with pytest.raises(FieldError, match="entries"):
        run.check_gradient("w", entries=0)


def narrow():
    """A line that computes in float32 whatever it is given."""
    return Model(
        "narrow-line",
        "Narrow",
        "A line in float32.",
        init=lambda key, spec: ({"w": jnp.ones(spec["x"].shape[1])}, {}),
        apply=lambda params, state, batch, *, key, train: (
            jnp.tanh((batch["x"] @ params["w"]).astype(jnp.float32)),
            state,
        ),
        loss=squared_error,
        defaults={"dataset": "linear", "optimizer": "sgd", "batch_size": 16, "steps": 10},
    )


def test_rounding_inside_of_the_model_is_told_from_a_wrong_gradient(catalog):
    catalog.register("model", narrow)
    found = Run(RunConfig(model="narrow-line")).check_gradient("w")
    assert 1e-6 < found.error < 1e-3
    assert found.agrees
    assert "computes in float32 or less" in str(found)
