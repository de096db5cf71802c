"""What is made when somebody asks, in a real JupyterLab: meanings of words, the graph and its worker, the roofline."""

import pytest
from lab import Lab, run_all
from page_watch import Watch
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELL = """
import explorer, jax, jax.numpy as jnp
explorer.inspect(lambda a: jnp.tanh(a @ a).sum(), jax.ShapeDtypeStruct((64, 64), jnp.float32))
"""


def test_words_graph_and_roofline_come_when_they_are_asked_for(page: Page, lab: Lab, watch: Watch) -> None:
    page.set_viewport_size({"width": 1400, "height": 3000})
    lab.open_notebook(page, lab.write("asked.ipynb", [CELL]))
    run_all(page, 60)
    root = page.locator("section.jx")
    expect(root.locator(".jx-graph")).to_contain_text("Equal layers", ignore_case=True)
    root.get_by_role("button", name="Show the graph").click()
    expect(root.locator(".jx-graph-node").first).to_be_visible()
    expect(root.locator(".jx-graph-count")).to_contain_text("showing ")
    root.get_by_role("button", name="Show the roofline").click()
    expect(root.locator(".jx-roofline-point").first).to_be_visible()
    expect(root.locator(".jx-roofline-roofs")).to_contain_text("measured here")
    root.locator('.jx-code-pane[data-stage="jaxpr"] .jx-t-op').filter(has_text="tanh").first.hover()
    expect(root.locator(".jx-word")).to_contain_text("The hyperbolic tangent of each element.")
    watch.clean()
