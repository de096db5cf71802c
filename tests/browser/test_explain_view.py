"""A program with its faults marked, as a person sees it."""

from __future__ import annotations

import pytest
from article_programs import LINEAR_REGRESSION

from explorer.compiler.explain.explaining import explain

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser


@pytest.mark.parametrize("live", [True, False])
def test_every_fault_is_marked_at_its_place(open_view, live):
    page = open_view("explain", explain(LINEAR_REGRESSION).records(), live=live)
    assert page.status().inner_text().endswith("Line 16: There is no data. 2 more are marked below.")
    assert page.find("mark").all_inner_texts() == ["targets", "batch = ...", "params = start"]
    notes = page.find(".jx-excerpt-note").all_inner_texts()
    assert "The targets leak into the prediction." in notes[0]
    assert "raises nothing" in notes[0]
    assert "Instead Give batch real arrays" in notes[1]
    assert "raises nothing" not in notes[1]
    assert "once, before the loop" in notes[2]
    assert page.find("[aria-current]").is_visible()


def test_a_program_without_fault_and_what_it_printed(open_view):
    page = open_view("explain", explain("print('<b>hello</b>')\n").records())
    assert "No fault was found." in page.status().inner_text()
    page.find("summary").click()
    assert page.find("pre").inner_text() == "<b>hello</b>\n"
