"""A tab that is really hidden, behind another: training goes on, and the chart is whole when one is back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cdp import Chromium, Tab
from chromium import ARGS, INSTALL, chromium
from lab import ASK, Lab, answer, question

pytestmark = pytest.mark.browser

CELL = "import explorer; app = explorer.Explorer(steps=1_000_000); app"
READY = """() => {
  const kernel = window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel;
  return kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""
SHOWN_STEP = "() => Number(document.querySelector('section.jx [role=progressbar]').getAttribute('aria-valuenow'))"
# The widest gap between neighbouring columns of the chart that hold a coloured pixel, in pixels; and how many do.
GAP = """() => {
  const canvas = document.querySelector("section.jx .jx-chart-stage canvas");
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const grey = ([r, g, b]) => Math.max(r, g, b) - Math.min(r, g, b) < 60;
  const drawn = (x, y) => data[4 * (y * width + x) + 3] > 100 && !grey(data.slice(4 * (y * width + x)));
  const columns = [...Array(width).keys()].filter((x) => [...Array(height).keys()].some((y) => drawn(x, y)));
  return [Math.max(...columns.slice(1).map((x, i) => x - columns[i])), columns.length];
}"""
SPOKEN = "() => document.querySelector('section.jx .jx-chart-stage').getAttribute('aria-label')"


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[Chromium]:
    """A browser that hides what is behind; fails where there is none."""
    path = chromium()
    if path is None:
        pytest.fail(INSTALL, pytrace=False)
    browser = Chromium(path, ARGS, tmp_path / "profile")
    yield browser
    browser.close()


def ask(tab: Tab, expression: str) -> Any:
    return answer(tab.evaluate(ASK, question(expression)))


@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.slow)])
def test_training_goes_on_behind_a_hidden_tab_and_the_chart_is_whole_after(
    raw: Chromium, lab: Lab, seconds: int
) -> None:
    name = lab.write(f"hidden{seconds}.ipynb", [CELL])
    tab = raw.open(f"http://127.0.0.1:{lab.port}/lab/workspaces/hidden{seconds}/tree/{name}?reset&token={lab.token}")
    tab.until(READY)
    tab.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    tab.until("() => Boolean(document.querySelector('section.jx [data-command=start]:enabled'))")
    tab.evaluate("() => document.querySelector('section.jx [data-command=start]').click()")
    tab.until(f"() => ({SHOWN_STEP})() > 0")
    assert tab.evaluate("() => document.visibilityState") == "visible"

    front = raw.open("about:blank")
    front.activate()
    tab.until("() => document.visibilityState === 'hidden'", 10)
    time.sleep(1)  # what was under way arrives
    before, sent = tab.evaluate(SHOWN_STEP), ask(tab, "[box.sent for box in app.panel._feed._views.values()]")
    trained = ask(tab, "app.run.step_count")
    time.sleep(seconds)
    assert ask(tab, "app.run.step_count") > trained, "training goes on"
    assert tab.evaluate(SHOWN_STEP) == before, "nothing is drawn"
    assert ask(tab, "[box.sent for box in app.panel._feed._views.values()]") == sent, "nothing is sent"

    tab.activate()
    tab.until("() => document.visibilityState === 'visible'", 10)
    ask(tab, "app.run.pause() and None")
    tab.until("() => document.querySelector('section.jx .jx-status-word').textContent === 'Paused'")
    last = ask(tab, "app.run.step_count")
    tab.until(f"() => ({SHOWN_STEP})() === {last}")
    tab.until(f"() => ({SPOKEN})().includes('at step {last:,}')")
    gap, columns = tab.evaluate(GAP)
    assert columns > 500
    assert gap <= 3, "the curve has no hole where nobody looked"
