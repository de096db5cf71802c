"""Passes switched off and other compiler options, in the view: asked for, refused at the field, compared; and rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import compile_sample
import jax.numpy as jnp
import pytest
from playwright.sync_api import expect
from view_page import ViewPage

import explorer
from explorer.records import Record

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
OpenView = Callable[..., ViewPage]


def added(x):
    y = x + 2
    z = y + 1
    return jnp.sin(z * 0.5)


@pytest.fixture(scope="module")
def found() -> Any:
    return explorer.inspect(added, jnp.ones(8, int))


@pytest.fixture(scope="module")
def records(found: Any) -> dict[str, Record]:
    return {
        "functions": compile_sample.functions(),
        **found.records("loss"),
        "passes/loss": found.passes.record("loss"),
        "subject/loss": found.subject.record("loss"),
    }


def typed(view: ViewPage, text: str) -> None:
    field = view.root.get_by_role("combobox", name="Another compiler option, as name=value")
    field.fill(text)
    field.press("Enter")


def test_a_pass_is_left_out_from_where_it_is_shown(open_view: OpenView, records: dict[str, Record], found: Any) -> None:
    view = open_view("code", records, ui={"pass": found.passes.named("fusion")[0].number})
    view.button("Look without this pass").click()
    assert view.sent() == [["set_passes_off", {"passes": ["fusion"]}]]
    without = found.subject.with_passes_off(["fusion"]).look()
    view.put({**without.records("loss"), "subject/loss": without.subject.record("loss")})
    view.put({"comparison/loss": without.compare(found).record("loss")})
    expect(view.find(".jx-comparison")).to_contain_text("Compared with added.")
    view.find(".jx-comparison summary").click()
    expect(view.find(".jx-comparison .jx-compared")).to_contain_text("fusions")
    view.button("Measure both").click()
    assert view.sent()[-1] == ["measure_both", {}]
    view.button("Take away without fusion").click()
    assert view.sent()[-1] == ["set_passes_off", {"passes": []}]


def test_an_option_is_typed_and_explained_and_taken_away(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", records)
    typed(view, "xla_cpu_max_isa")
    assert view.sent() == []
    expect(view.find(".jx-option-help")).to_contain_text(
        "The newest instructions of the CPU it may use. Allowed: SSE4_2"
    )
    typed(view, "xla_cpu_max_isa = AVX")
    assert view.sent() == [["set_compiler_options", {"options": {"xla_cpu_max_isa": "AVX"}}]]
    subject = records["subject/loss"]
    view.put({"subject/loss": Record("subject", {**subject.header, "compiler_options": {"xla_cpu_max_isa": "AVX"}})})
    expect(view.find(".jx-option-chip")).to_contain_text("xla_cpu_max_isa=AVX")
    view.button("Take away xla_cpu_max_isa=AVX").click()
    assert view.sent()[-1] == ["set_compiler_options", {"options": {}}]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_refused_is_said_beside_the_field(open_view: OpenView, records: dict[str, Record], scheme: str) -> None:
    told = {"field": "compiler_options", "text": "No such compile option: 'xla_nope'."}
    subject = Record("subject", {**records["subject/loss"].header, "problem": told})
    view = open_view("code", {**records, "subject/loss": subject}, scheme=scheme)
    row = view.find(".jx-subject-row").filter(has_text="Compiler")
    expect(row.get_by_role("alert")).to_have_text("No such compile option: 'xla_nope'.")


def test_a_saved_page_tells_the_options_as_text(open_view: OpenView, records: dict[str, Record], found: Any) -> None:
    changed = found.subject.with_passes_off(["fusion"]).record("loss")
    view = open_view("code", {**records, "subject/loss": changed}, live=False)
    expect(view.find(".jx-subject")).to_contain_text("without fusion")
    expect(view.button("Look without this pass")).to_have_count(0)


def test_places_that_were_carried_tell_their_rule(open_view: OpenView, records: dict[str, Record], found: Any) -> None:
    stage = found.stages["hlo"]
    number = next(n for n, text in enumerate(stage.text.split("\n"), 1) if " add(" in text)
    view = open_view("code", records, ui={"pin": {"function": "loss", "stage": "hlo", "line": number - 1}})
    places = view.find(".jx-linked .jx-sources-list > li")
    expect(places).to_have_count(2)
    expect(places.first).to_contain_text("y + 1")
    expect(places.first.locator(".jx-carried")).to_have_count(0)
    expect(places.nth(1)).to_contain_text("x + 2")
    rule = places.nth(1).locator(".jx-carried")
    expect(rule).to_have_text("optimized away")
    rule.focus()
    sentence = "What this place made was optimized away: its result went into this line."
    expect(view.page.get_by_text(sentence)).to_be_visible()


def test_one_computation_is_followed_through_the_passes(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    view = open_view("code", records, ui={"pass": found.passes.named("fusion")[0].number})
    heads = view.find(".jx-diff-head")
    assert heads.count() > 1
    choice = view.root.get_by_role("combobox", name="Computation")
    name = next(text for text in choice.locator("option").all_inner_texts() if "main" in text).split()[0]
    choice.select_option(name)
    expect(heads).to_have_count(1)
    expect(heads).to_contain_text(name)
    view.root.get_by_role("listbox", name="Passes").press("Home")
    assert choice.input_value() == name
    choice.select_option("")
    assert heads.count() >= 1
