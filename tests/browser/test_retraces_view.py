"""The table of what was traced and compiled, as a person reads it."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from explorer.compiler.watch.watcher import watch

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
X = np.ones(4, np.float32)


@pytest.fixture(scope="module")
def watched():
    """A static counter, and a function that is compiled once; what it is called looks like markup."""
    counted = jax.jit(lambda x, step: x * step, static_argnums=1)
    once = jax.jit(lambda x: x + 1)
    with watch() as found:
        for step in range(3):
            counted(X, step)  # <b>counted</b>
        once(X)
    return found


def test_a_row_for_each_line_and_what_to_change(open_view, watched):
    page = open_view("retraces", watched.records())
    assert page.find(".jx-retraces-sentence").inner_text() == watched.sentence
    rows = page.find("tr.jx-retrace")
    assert rows.count() == 2
    first = rows.filter(has_text="counted").inner_text()
    assert "counted(X, step)  # <b>counted</b>" in first
    assert "static value × 2" in first
    assert "It counts, so every call is compiled anew." in first
    assert "Take step out of static_argnums" in first
    assert page.find("tr.jx-retrace mark").first.inner_text() in ("counted(X, step)", "once(X)")
    assert "Nothing." in rows.filter(has_text="once(X)").inner_text()


def test_each_time_can_be_opened_by_key(open_view, watched):
    page = open_view("retraces", watched.records())
    row = page.find("tr.jx-retrace").filter(has_text="counted")
    row.get_by_role("button").focus()
    page.page.keyboard.press("Enter")
    page.settle()
    events = page.find("tr.jx-retrace-more:not([hidden]) tbody tr")
    assert events.count() == 3
    assert "step: the Python int 2" in events.nth(2).inner_text()
    assert row.get_by_role("button").get_attribute("aria-expanded") == "true"
    page.page.keyboard.press("Enter")
    page.settle()
    assert page.find("tr.jx-retrace-more:not([hidden])").count() == 0


def test_a_watch_that_goes_on_is_followed_and_can_be_stopped(open_view):
    watcher = watch(live=True)
    page = open_view("retraces", watcher.records())
    assert "Nothing was traced" in page.find(".jx-retraces-sentence").inner_text()
    jax.jit(lambda x: x - 1)(X)
    page.put(watcher.records())
    assert "was compiled once" in page.find(".jx-retraces-sentence").inner_text()
    page.button("Stop watching").click()
    assert page.sent() == [["stop_watching", {}]]
    watcher.stop()
    page.put(watcher.records())
    assert page.button("Watch on").count() == 1


def test_a_saved_page_has_the_table_and_no_buttons(open_view, watched):
    page = open_view("retraces", watched.records(), live=False)
    assert page.find("tr.jx-retrace").count() == 2
    assert page.find(".jx-retraces-tools button").count() == 0
