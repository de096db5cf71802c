"""Where numbers stop being finite, as a person sees it."""

from __future__ import annotations

import jax.numpy as jnp
import pytest

from explorer.compiler.find_nan import find_nan

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser


def loss(x):
    return jnp.sum(x["λ"] + 0 * jnp.log(x["p"]))  # 🙂 <i>the fault</i>


@pytest.fixture(scope="module")
def finding():
    return find_nan(loss, {"λ": jnp.ones(3), "p": jnp.array([0.5, 0.0, 0.25])})


@pytest.mark.parametrize("live", [True, False])
def test_the_expression_is_marked_and_the_values_stand_beside_it(open_view, finding, live):
    page = open_view("nan", finding.records(), live=live)
    assert page.find("mark").all_inner_texts() == ['jnp.log(x["p"])']
    marked = page.find("[data-marked]")
    assert "<i>the fault</i>" in marked.inner_text()
    assert marked.is_visible()
    assert "gives the first value that is not finite: the logarithm of 0." in page.find(".jx-excerpt-note").inner_text()
    cells = page.find(".jx-nan-values tbody td").all_inner_texts()
    assert cells == ["[1]", "0", "−∞"]
    assert page.find(".jx-nan-instead").inner_text().startswith("Instead Write jnp.log(jnp.maximum(x, 1e-6))")
    assert "Forward The value is not finite" in page.find(".jx-nan-looks").inner_text().replace("\n", " ")


def test_a_finite_function(open_view):
    page = open_view("nan", find_nan(lambda x: jnp.sum(x**2), jnp.ones(3)).records())
    assert "Everything is finite." in page.status().inner_text()
    assert page.find(".jx-excerpt").count() == 0
    assert page.find(".jx-nan-looks li").count() == 2
