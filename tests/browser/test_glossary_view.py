"""What a word of a text means, in a card: after a rest of the pointer, at the cursor, by a key; out of the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import compile_sample
import pytest
from playwright.sync_api import Locator, expect
from view_page import ViewPage

from explorer.compiler.glossary.record import every_word
from explorer.records import Record

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
OpenView = Callable[..., ViewPage]
ALL = {"panes": ["source", "jaxpr", "stablehlo", "hlo"]}


@pytest.fixture(scope="module")
def records() -> dict[str, Record]:
    return {**compile_sample.real(compile_sample.inspected()), "glossary": every_word()}


def token(view: ViewPage, stage: str, kind: str, text: str) -> Locator:
    """The first token of a kind that holds a text."""
    return view.find(f'.jx-code-pane[data-stage="{stage}"] .cm-line .jx-t-{kind}').filter(has_text=text).first


def card(view: ViewPage) -> Locator:
    return view.find(".jx-word")


MEANINGS = [
    ("jaxpr", "op", "dot_general", "JAX primitive|A matrix product|docs.jax.dev/en/latest/jax.lax.dot_general"),
    ("jaxpr", "attr", "preferred_element_type", "parameter in jaxprs|products are summed"),
    ("jaxpr", "type", "f32[64,300]", "float32: 32 bits|A matrix, 64 × 300: 19,200 elements, 76.8\u00a0kB."),
    ("stablehlo", "op", "stablehlo.dot_general", "StableHLO operation|A matrix product|openxla.org/stablehlo/spec#dot"),
    ("stablehlo", "type", "tensor<64x40xf32>", "A matrix, 64 × 40: 2,560 elements, 10.2\u00a0kB."),
    ("stablehlo", "attr", "contracting_dims", "The dimensions that are summed over"),
    ("hlo", "word", "HloModule", "computations made of instructions"),
    ("hlo", "type", "f32[40,300]{1,0}", "Layout {1,0}: neighbours along dimension 1 lie side by side|row-major"),
    ("hlo", "attr", "is_scheduled", "attribute in HLO|the order in which they run"),
]


def test_a_rest_on_a_word_says_what_it_means(open_view: OpenView, records: Mapping[str, Record]) -> None:
    view = open_view("code", records, ui=ALL)
    for stage, kind, text, said in MEANINGS:
        token(view, stage, kind, text).hover()
        for part in said.split("|"):
            expect(card(view), f"{stage}: {text}").to_contain_text(part)


def test_the_card_moves_nothing_and_leaves_the_panes_lit(open_view: OpenView, records: Mapping[str, Record]) -> None:
    view = open_view("code", records, ui=ALL)
    target = token(view, "jaxpr", "op", "dot_general")
    target.hover()
    view.settle()
    before = view.page.evaluate("el.getBoundingClientRect().height")
    lit = view.find('.jx-code-pane[data-stage="stablehlo"] .cm-line.jx-related').count()
    assert lit > 0
    expect(card(view)).to_be_visible()
    assert view.page.evaluate("el.getBoundingClientRect().height") == before
    assert view.find('.jx-code-pane[data-stage="stablehlo"] .cm-line.jx-related').count() == lit
    word, shown = target.bounding_box(), card(view).bounding_box()
    assert word
    assert shown
    assert shown["y"] >= word["y"] + word["height"] or shown["y"] + shown["height"] <= word["y"], "it covers the word"


def test_the_pointer_can_reach_the_link_and_escape_takes_the_card_away(
    open_view: OpenView, records: Mapping[str, Record]
) -> None:
    view = open_view("code", records, ui=ALL)
    token(view, "jaxpr", "op", "tanh").hover()
    link = card(view).get_by_role("link")
    link.hover()
    view.page.wait_for_timeout(600)
    expect(link).to_be_visible()
    assert link.get_attribute("href") == "https://docs.jax.dev/en/latest/_autosummary/jax.lax.tanh.html"
    assert link.get_attribute("target") == "_blank"
    view.find('.jx-code-pane[data-stage="jaxpr"] .cm-content').focus()
    token(view, "jaxpr", "op", "exp").hover()
    expect(card(view)).to_contain_text("to the power of")
    view.page.keyboard.press("Escape")
    expect(card(view)).to_be_hidden()


def test_the_keyboard_reaches_it(open_view: OpenView, records: Mapping[str, Record]) -> None:
    view = open_view("code", records, ui={**ALL, "panes": ["jaxpr"]})
    editor = view.find('.jx-code-pane[data-stage="jaxpr"] .cm-content')
    editor.focus()
    view.page.keyboard.press("Control+Home")
    view.page.keyboard.press("ArrowDown")
    view.page.keyboard.press("End")
    view.page.keyboard.press("ArrowLeft")
    expect(card(view)).to_contain_text("dot_general")
    expect(view.find(".jx-word-said")).to_contain_text("JAX primitive")
    view.page.keyboard.press("Home")
    expect(card(view)).to_be_hidden()
    view.page.keyboard.press("End")
    view.page.keyboard.press("ArrowLeft")
    view.page.keyboard.press("i")
    expect(card(view).get_by_role("link")).to_be_focused()
    view.page.keyboard.press("Escape")
    expect(card(view)).to_be_hidden()
    expect(editor).to_be_focused()


def test_what_has_no_meaning_of_its_own_has_no_card(open_view: OpenView, records: Mapping[str, Record]) -> None:
    view = open_view("code", records, ui=ALL)
    token(view, "jaxpr", "def", "a").hover()
    view.page.wait_for_timeout(800)
    expect(card(view)).to_be_hidden()


def test_a_kernel_is_asked_for_the_words_once_somebody_points_at_one(
    open_view: OpenView, records: Mapping[str, Record]
) -> None:
    without: dict[str, Any] = {key: record for key, record in records.items() if key != "glossary"}
    view = open_view("code", without, ui=ALL, live=True)
    assert [name for name, _ in view.sent() if name == "words"] == []
    token(view, "jaxpr", "op", "tanh").hover()
    view.settle()
    assert [name for name, _ in view.sent() if name == "words"] == ["words"]
    view.put({"glossary": every_word()})
    expect(card(view)).to_contain_text("hyperbolic tangent")


def test_words_in_the_difference_of_a_pass_and_operations_in_the_table_are_told_too(open_view: OpenView) -> None:
    found = compile_sample.inspected()
    more = {"passes/loss": found.passes.record("loss"), "glossary": every_word()}
    more |= found.figures("loss")
    ui = {"table": "instructions", "pass": found.passes.named("fusion")[0].number}
    view = open_view("code", {**compile_sample.real(found), **more}, ui=ui)
    line = view.find(".jx-passes-diff .jx-diff-text").filter(has_text=" fusion(").first
    line.scroll_into_view_if_needed()
    at = line.evaluate(
        """(element) => {
          const text = element.firstChild;
          const range = document.createRange();
          const from = text.data.indexOf(" fusion(") + 1;
          range.setStart(text, from);
          range.setEnd(text, from + 6);
          const { left, top, width, height } = range.getBoundingClientRect();
          return [left + width / 2, top + height / 2];
        }"""
    )
    view.page.mouse.move(*at)
    expect(card(view)).to_contain_text("HLO opcode")
    expect(card(view)).to_contain_text("fusion")
    table = view.find('.jx-table[aria-label^="Instructions"]')
    table.scroll_into_view_if_needed()
    word = table.locator('[data-hlo="opcode"]').first
    word.hover()
    expect(card(view).locator("code")).to_have_text(word.inner_text())
    # by the keyboard: what the operation of the row means
    table.focus()
    view.page.keyboard.press("Home")
    first = table.locator(".jx-table-focus [data-hlo]").inner_text()
    view.page.keyboard.press("i")
    expect(card(view).locator("code")).to_have_text(first)
