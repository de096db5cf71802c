"""What every panel offers to take away: a page of what it shows, made when its button is pressed."""

from __future__ import annotations

import time

import jax
import jax.numpy as jnp
import pytest
from ipywidgets.widgets.widget import _instances

import explorer
from explorer.app.show import WIDGET, bundle_of


@pytest.fixture
def shown():
    """Show a thing; returns its panel."""
    panels = []

    def show(thing):
        panels.append(_instances[bundle_of(thing)[WIDGET]["model_id"]])
        return panels[-1]

    yield show
    for panel in panels:
        panel.close()


def page_of(panel):
    """Press "Save as a page"; returns the name and the page that the browser is given."""
    panel._command("save_page", {})
    until = time.monotonic() + 60
    while "page" not in panel.snapshot():
        assert time.monotonic() < until, panel.snapshot()
        time.sleep(0.05)
    record = panel.snapshot()["page"]
    assert not [key for key in panel.snapshot() if key.startswith("notice/")]
    return record.header["name"], record.buffers["html"]


def a_watch():
    with explorer.watch() as watched:
        jax.jit(lambda x: x * 3)(1.0)
    return watched


def loss(x):
    return jnp.log(x).sum()


THINGS = {
    "watch": (a_watch, 'data-key="retraces"'),
    "nan": (lambda: explorer.find_nan(loss, jnp.zeros(2)), 'data-key="bad_operation"'),
    "explain": (lambda: explorer.explain("import jax.numpy as jnp\njnp.relu(1.0)\n"), 'data-key="explanation"'),
    "inspection": (lambda: explorer.inspect(loss, jnp.ones(2)), 'data-key="summary/function"'),
}


@pytest.mark.parametrize("kind", THINGS)
def test_save_as_a_page_gives_the_browser_a_page(shown, kind):
    make, holds = THINGS[kind]
    name, html = page_of(shown(make()))
    assert name == f"jax-explorer-{kind}.html"
    assert html.startswith("<!doctype html>")
    assert holds in html


def test_the_page_of_an_inspection_is_of_what_is_chosen_now(shown):
    panel = shown(explorer.inspect(loss, jnp.ones(2)))
    panel._command("set_transforms", {"transforms": [{"name": "grad", "options": {}}]})
    until = time.monotonic() + 60
    while panel.snapshot()["about"].header["subtitle"] != "What jit made of grad of loss":
        assert time.monotonic() < until
        time.sleep(0.05)
    assert "<title>JAX Explorer: What jit made of grad of loss</title>" in page_of(panel)[1]


def test_a_page_that_cannot_be_made_says_so(shown, monkeypatch):
    watched = a_watch()
    panel = shown(watched)
    monkeypatch.setattr(watched, "page_records", lambda: 1 / 0)
    panel._command("save_page", {})
    until = time.monotonic() + 10
    while not (notices := [r for k, r in panel.snapshot().items() if k.startswith("notice/")]):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert notices[0].header["title"] == "The page could not be made"
    assert "division by zero" in notices[0].header["text"]


def test_a_run_gives_its_script(shown):
    run = explorer.train(explorer.RunConfig(steps=2), wait=True)
    panel = shown(run)
    panel._command("script", {})
    script = panel.snapshot()["script"]
    assert script.header["name"].endswith(".py")
    compile(script.buffers["text"], "script", "exec")
    assert "import jax" in script.buffers["text"]
