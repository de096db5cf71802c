"""What changed since the last look, and what is taken to others."""

from __future__ import annotations

from collections.abc import Callable

import compile_sample
import pytest
from view_page import ViewPage

from explorer.records import Record

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
OpenView = Callable[..., ViewPage]


@pytest.fixture(scope="module")
def records() -> dict[str, Record]:
    return compile_sample.real(compile_sample.inspected())


def test_the_verdict_and_what_changed(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", {**records, "comparison/loss": compile_sample.comparison()})
    compared = view.root.get_by_role("region", name="Compared")
    assert "Two fusions fewer, 40 % more bytes. Compared with your last look, 3 minutes ago." in compared.inner_text()
    assert not compared.get_by_role("table").is_visible()
    compared.locator("summary").click()
    view.settle()
    assert view.ui()["compared"] is True
    rows = {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts()
        for row in compared.locator("tbody tr").all()
    }
    assert rows["Fusions"] == ["11", "9", "▼ 0.818×"]
    assert rows["Bytes"][2] == "▲ 1.4×"
    assert rows["FLOPs"][2] == "same"
    assert rows["Measured"] == ["–", "–", "–"]


def test_the_difference_folds_what_is_the_same(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", {**records, "comparison/loss": compile_sample.comparison()}, ui={"compared": True})
    difference = view.root.get_by_role("region", name="Difference: JAX recorded (jaxpr)")
    lines = [
        (line.get_attribute("data-kind"), line.locator(".jx-diff-number").all_inner_texts())
        for line in difference.locator(".jx-diff-line").all()
    ]
    assert lines == [(" ", ["21", "21"]), ("-", ["22", ""]), ("+", ["", "22"]), (" ", ["23", "23"])]
    assert "20 unchanged lines" in difference.inner_text()
    assert "= tanh e" in difference.locator("[data-kind='+']").inner_text()
    view.root.get_by_role("radio", name="HLO the same").click()
    view.settle()
    assert view.ui()["difference"] == "hlo"
    assert "nothing changed but names of registers" in view.root.get_by_role("region", name="Compared").inner_text()


def test_an_issue_is_asked_for_and_copied(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", records)
    view.button("Copy as issue").click()
    assert view.sent() == [["issue", {"function": "loss"}]]
    view.put({"issue/loss": compile_sample.issue()})
    dialog = view.page.get_by_role("dialog", name="Copy as issue")
    dialog.get_by_text("Copied.").wait_for()
    assert view.page.evaluate("navigator.clipboard.readText()") == compile_sample.ISSUE
    assert dialog.get_by_label("The issue as text").input_value() == compile_sample.ISSUE


def test_a_refused_clipboard_leaves_the_issue_selected(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", {**records, "issue/loss": compile_sample.issue()}, live=False)
    view.page.evaluate(
        """() => {
          navigator.clipboard.writeText = () => Promise.reject(new DOMException("no", "NotAllowedError"));
          document.execCommand = () => false;
        }"""
    )
    view.button("Copy as issue").click()
    view.page.get_by_text("press Ctrl C").wait_for()
    selected = "document.querySelector('.jx-issue-text').selectionEnd"
    assert view.page.evaluate(selected) == len(compile_sample.ISSUE)


def test_a_page_without_an_issue_offers_none(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", records, live=False)
    assert view.button("Copy as issue").count() == 0
