"""The gradients that are shown are the gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from catalog_models import each_model

from explorer.gradients.at import GradientProbe
from explorer.gradients.summary import gradient_record
from explorer.training.config import Choice, RunConfig
from explorer.training.run import Run

CONFIGS = {
    "linear-regression": RunConfig(model="linear-regression"),
    "neural-network": RunConfig(model=Choice("neural-network", hidden=16), batch_size=32),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_what_is_shown_equals_jax_grad(name):
    run = Run(CONFIGS[name]).step(7).wait()
    shown = GradientProbe(run)()
    model, batch = run.setup.model, run.batch_after(7)

    def loss(params):
        outputs, _ = model.apply(params, {}, batch, key=None, train=True)
        return model.loss(outputs, batch).mean()

    expected = jax.grad(loss)(run.params)
    assert shown.step == 7
    for name_, leaf in zip(run.setup.parameters, jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(shown.values[name_], leaf, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", each_model())
def test_gradients_agree_with_finite_differences_in_float64(name):
    run = Run(RunConfig(model=name))
    for parameter in run.setup.parameters[-2:]:
        found = run.check_gradient(parameter, entries=4)
        assert found.agrees, found


def test_the_gradient_of_the_line_is_the_formula():
    run = Run(CONFIGS["linear-regression"])
    shown = GradientProbe(run)()
    x, y = (np.asarray(run.batch_after(0)[k]) for k in ("x", "y"))
    np.testing.assert_allclose(shown.values["w"], [(2 * (0 - y) * x[:, 0]).mean()], rtol=1e-5)
    np.testing.assert_allclose(shown.values["b"], [(2 * (0 - y)).mean()], rtol=1e-5)


def test_a_record_holds_the_numbers_their_summary_and_what_is_not_finite():
    values = np.float32([[1, -2, np.nan], [np.inf, 0, 4]])
    record = gradient_record("run-1", 3, "w", values)
    np.testing.assert_array_equal(record.buffers["values"], values.ravel())
    summary = record.header["summary"]
    assert (summary["min"], summary["max"], summary["nonfinite"], summary["norm"]) == (-2, 4, 2, None)
    assert record.buffers["counts"].sum() == 4
    cut = gradient_record("run-1", 3, "w", values, shown=2)
    assert (cut.header["shown"], cut.header["size"]) == (2, 6)
    assert jnp.asarray(cut.buffers["values"]).shape == (2,)
