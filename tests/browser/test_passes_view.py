"""What XLA did, pass by pass: texts made in the browser, what each pass changed, and the way back to the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import compile_sample
import jax
import pytest
from playwright.sync_api import Locator, expect
from view_page import ViewPage

import explorer
from explorer.records import Record

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
OpenView = Callable[..., ViewPage]


@pytest.fixture(scope="module")
def records(found: Any) -> dict[str, Record]:
    return {**compile_sample.real(found), "passes/loss": found.passes.record("loss")}


def items(view: ViewPage) -> Locator:
    return view.find(".jx-passes-item")


def chosen(view: ViewPage) -> str:
    return view.find(".jx-passes-item[aria-selected=true] span").inner_text()


def go_to(view: ViewPage, name: str) -> None:
    items(view).filter(has=view.page.get_by_text(name, exact=True)).first.click()
    view.settle()


def lines(view: ViewPage, kind: str) -> list[str]:
    return view.find(f".jx-diff-line[data-kind='{kind}'] .jx-diff-text").all_inner_texts()


def diff_of(found: Any, name: str, kind: str) -> list[str]:
    (one,) = (p for p in found.passes.named(name) if p.changed)
    return [line for hunk in one.difference.hunks for k, line in hunk.lines if k == kind]


def test_passes_that_changed_something_are_listed_and_explained(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    view = open_view("code", records)
    changed = [p for p in found.passes if p.changed]
    assert [text.split("\n")[0] for text in items(view).all_inner_texts()] == [p.name for p in changed]
    assert chosen(view) == changed[0].name
    go_to(view, "fusion")
    (fusion,) = found.passes.named("fusion")
    about = view.find(".jx-passes-about")
    expect(about).to_contain_text("Joins neighbouring operations into one step (a fusion)")
    expect(about).to_contain_text(fusion.what_it_did)
    before = found.passes[fusion.number - 1]
    expect(view.find("[data-figure=instructions]")).to_contain_text(f"{before.instructions} → {fusion.instructions}")
    assert view.ui()["pass"] == fusion.number


def test_lines_that_went_and_came_are_those_of_python(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    view = open_view("code", records)
    go_to(view, "cse")
    assert lines(view, "-") == diff_of(found, "cse", "-")
    assert lines(view, "+") == diff_of(found, "cse", "+")
    signs = view.find(".jx-diff-line[data-kind='-'] .jx-diff-kind").all_inner_texts()
    assert set(signs) == {"−"}


def test_every_text_is_rebuilt_byte_for_byte(open_view: OpenView, records: dict[str, Record], found: Any) -> None:
    view = open_view("code", records)
    view.root.get_by_role("checkbox", name="Unchanged ones too").check()
    numbers = list(range(len(found.passes)))
    for number in [*numbers[::9], *numbers[::-3]]:
        items(view).nth(number).click()
        view.button("Copy the program after this pass").click()
        same = "async (text) => (await navigator.clipboard.readText()) === text"
        view.page.wait_for_function(same, arg=found.passes[number].text, timeout=5_000)
    expect(view.find(".jx-passes-copy output")).to_have_text("copied")


def test_unchanged_stretches_unfold(open_view: OpenView, records: dict[str, Record], found: Any) -> None:
    view = open_view("code", records)
    go_to(view, "algsimp")
    one = next(p for p in found.passes if p.changed and p.name == "algsimp")
    shown, text = len(lines(view, " ")), one.text.split("\n")
    skip = view.find("button.jx-diff-skip[title]").first
    count = int(skip.inner_text().split()[1])
    skip.click()
    assert len(lines(view, " ")) == shown + count
    assert set(lines(view, " ")) <= set(text)


def test_the_slider_keys_and_buttons_scrub(open_view: OpenView, records: dict[str, Record], found: Any) -> None:
    view = open_view("code", records)
    changed = [p.name for p in found.passes if p.changed]
    view.button("Next pass").click()
    assert chosen(view) == changed[1]
    view.page.keyboard.press("]")
    assert chosen(view) == changed[2]
    view.page.keyboard.press("[")
    view.page.keyboard.press("[")
    assert chosen(view) == changed[0]
    slider = view.root.get_by_role("slider", name="Pass")
    slider.focus()
    slider.press("ArrowRight")
    assert chosen(view) == changed[1]
    slider.press("End")
    assert chosen(view) == changed[-1]
    assert changed[-1] in (slider.get_attribute("aria-valuetext") or "")
    view.root.get_by_role("listbox", name="Passes").press("ArrowUp")
    assert chosen(view) == changed[-2]
    expect(view.find(".jx-passes-count")).to_have_text(f"{len(changed) - 1} of {len(changed)}")
    assert view.ui()["pass"] == [p.number for p in found.passes if p.changed][-2]


def test_unchanged_passes_come_with_a_switch_and_letters_find_some(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    view = open_view("code", records)
    view.root.get_by_role("checkbox", name="Unchanged ones too").check()
    expect(items(view)).to_have_count(len(found.passes))
    unchanged = next(p for p in found.passes if not p.changed)
    items(view).nth(unchanged.number).click()
    expect(view.find(".jx-passes-about")).to_contain_text("It changed nothing here.")
    expect(view.find(".jx-passes-diff")).to_be_hidden()
    search = view.root.get_by_role("searchbox", name="Find a pass")
    search.fill("lay asg")
    names = {text.split("\n")[0] for text in items(view).all_inner_texts()}
    assert names == {"layout-assignment"}
    assert "".join(view.find(".jx-passes-item b").all_inner_texts()).replace("\n", "")[:3] == "lay"
    search.fill("zzz")
    expect(view.find(".jx-passes-list")).to_contain_text("No pass has these letters.")


def test_a_line_lights_up_its_source_and_a_click_keeps_it(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    view = open_view("code", records)
    go_to(view, "fusion")
    line = view.find(".jx-diff-line").filter(has_text=" tanh(").first
    line.scroll_into_view_if_needed()
    line.hover()
    view.settle()
    expect(view.find(".jx-passes-place")).to_contain_text("jnp.tanh(hidden)")
    lit = view.find("[data-stage=source] .jx-related")
    expect(lit.first).to_contain_text("jnp.tanh(hidden)")
    line.click()
    view.settle()
    pin = view.ui()["pin"]
    source = records["source/loss"].header["files"][pin["file"]]["text"].split("\n")
    assert "jnp.tanh(hidden)" in source[pin["line"] - 1]
    diff = view.find(".jx-passes-diff")
    diff.focus()
    for _ in range(4):
        diff.press("ArrowDown")
    expect(view.find(".jx-diff-current")).to_have_count(1)


def test_they_are_asked_for_and_waited_for(open_view: OpenView, records: dict[str, Record], found: Any) -> None:
    without = {key: record for key, record in records.items() if key != "passes/loss"}
    view = open_view("code", without)
    expect(view.find(".jx-passes")).to_contain_text("compiled once more")
    view.button("Show the passes").click()
    assert ["passes", {"function": "loss"}] in view.sent()
    expect(view.find(".jx-passes")).to_contain_text("Compiling once more")
    view.put({"passes/loss": records["passes/loss"]})
    expect(items(view).first).to_be_visible()
    expect(view.find(".jx-passes .jx-on-demand")).to_be_hidden()


def test_where_there_are_none_the_reason_is_there(open_view: OpenView, records: dict[str, Record], found: Any) -> None:
    compiled = jax.jit(lambda x: x + 1).lower(1.0).compile()
    view = open_view("code", {**records, "passes/loss": explorer.inspect(compiled).passes.record("loss")})
    expect(view.find(".jx-passes")).to_contain_text("What was handed over is compiled already")
    expect(view.find(".jx-passes-body")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_saved_page_has_all_of_it(open_view: OpenView, records: dict[str, Record], found: Any, scheme: str) -> None:
    view = open_view("code", records, live=False, scheme=scheme, ui={"pass": found.passes.named("fusion")[0].number})
    assert chosen(view) == "fusion"
    assert lines(view, "+")
    sent = view.sent()
    view.page.keyboard.press("Tab")
    view.root.get_by_role("listbox", name="Passes").press("Home")
    assert view.sent() == sent
    assert chosen(view) == next(p.name for p in found.passes if p.changed)


def test_a_page_without_them_says_so(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", {k: r for k, r in records.items() if k != "passes/loss"}, live=False)
    expect(view.find(".jx-passes")).to_contain_text("This page was saved without the passes.")
