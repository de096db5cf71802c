"""The panes are linked: what is pointed at in one lights up its relatives in all, down to the column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import compile_sample
import jax.numpy as jnp
import numpy as np
import pytest
from playwright.sync_api import Locator, expect
from view_page import ViewPage

import explorer
from explorer.records import Record

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
OpenView = Callable[..., ViewPage]
ALL = {"panes": ["source", "jaxpr", "stablehlo", "hlo_before", "hlo"]}


def pane(view: ViewPage, stage: str) -> Locator:
    return view.find(f'.jx-code-pane[data-stage="{stage}"]')


def lit(view: ViewPage, stage: str, kind: str) -> list[int]:
    """The lines, from 1, on screen in a pane that are lit so."""
    return list(
        view.page.evaluate(
            """([stage, kind]) => {
              const pane = el.querySelector(`.jx-code-pane[data-stage="${stage}"]`);
              const numbers = [...pane.querySelectorAll(".cm-lineNumbers .cm-gutterElement")]
                .filter((node) => getComputedStyle(node).visibility !== "hidden");
              return [...pane.querySelectorAll(`.cm-line.${kind}`)].map((line) => {
                const top = line.getBoundingClientRect().top;
                const near = (node) => Math.abs(node.getBoundingClientRect().top - top);
                return Number(numbers.reduce((a, b) => (near(a) < near(b) ? a : b)).textContent);
              });
            }""",
            [stage, kind],
        )
    )


def shown(view: ViewPage, stage: str) -> tuple[int, int]:
    """The first and the last line number on screen."""
    numbers = pane(view, stage).locator(".cm-lineNumbers .cm-gutterElement").all_inner_texts()
    values = [int(text) for text in numbers[1:] if text.strip()]
    return values[0], values[-1]


def test_pointing_at_a_line_lights_up_the_relatives_that_the_inspection_names(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    view = open_view("code", records, ui=ALL)
    number_of = compile_sample.line_of(str(records["stage/loss/jaxpr"].buffers["text"]), "= tanh")
    pane(view, "jaxpr").locator(".cm-line").nth(number_of).hover(position={"x": 60, "y": 8})
    view.settle()
    relatives = found.relatives("jaxpr", number_of + 1)
    assert relatives["hlo"], "a tanh runs on the device"
    for stage in ("jaxpr", "stablehlo", "hlo_before"):
        first, last = shown(view, stage)
        assert lit(view, stage, "jx-related") == [n for n in relatives[stage] if first <= n <= last], stage
    counted = view.find(".jx-bar-counts").inner_text()
    assert f"{len(relatives['hlo'])} in HLO" in counted
    assert f"{len(relatives['stablehlo'])} in StableHLO" in counted
    total = sum(len(relatives[stage]) for stage in ("jaxpr", "stablehlo", "hlo_before", "hlo")) - 1
    assert f"{total} relatives" in counted


def test_the_columns_of_the_source_are_marked_after_greek_letters_and_emoji(
    open_view: OpenView, records: dict[str, Record]
) -> None:
    view = open_view("code", records, ui={"panes": ["source", "jaxpr"]})
    at = compile_sample.line_of(str(records["stage/loss/jaxpr"].buffers["text"]), "= tanh")
    pane(view, "jaxpr").locator(".cm-line").nth(at).hover(position={"x": 60, "y": 8})
    view.settle()
    assert "".join(pane(view, "source").locator(".jx-span").all_inner_texts()) == "jnp.tanh(hidden)"
    assert view.find(".jx-sources-mark").inner_text() == "jnp.tanh(hidden)"


def test_pointing_at_a_column_of_the_source_takes_the_innermost_span(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    view = open_view("code", records, ui={"panes": ["source", "jaxpr"]})
    source = pane(view, "source")
    source.locator(".cm-line").filter(has_text="jnp.tanh(hidden)").get_by_text("tanh").hover()
    view.settle()
    at = compile_sample.line_of(str(records["stage/loss/jaxpr"].buffers["text"]), "= tanh") + 1
    exp = compile_sample.line_of(str(records["stage/loss/jaxpr"].buffers["text"]), "= exp") + 1
    related = lit(view, "jaxpr", "jx-related")
    assert at in related
    assert exp not in related  # it is on the same line, in another column


def test_the_same_source_line_has_the_same_tint_in_every_stage(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", records, ui={"panes": ["source", "jaxpr"]})
    tint = """(node) => [...node.classList].find((name) => name.startsWith("jx-tint"))"""
    source = pane(view, "source").locator(".cm-line").filter(has_text="jnp.tanh(hidden)").evaluate(tint)
    jaxpr = pane(view, "jaxpr").locator(".cm-line").filter(has_text="= tanh").first.evaluate(tint)
    other = pane(view, "jaxpr").locator(".cm-line").filter(has_text="= sin").first.evaluate(tint)
    assert source == jaxpr
    assert source != other


def test_a_click_keeps_n_and_p_walk_and_escape_lets_go(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    view = open_view("code", records, ui={"panes": ["jaxpr", "hlo"]})
    at = compile_sample.line_of(str(records["stage/loss/jaxpr"].buffers["text"]), "= tanh")
    pane(view, "jaxpr").locator(".cm-line").nth(at).click(position={"x": 60, "y": 8})
    view.settle()
    assert view.ui()["pin"] == {"function": "loss", "stage": "jaxpr", "line": at}
    relatives = found.relatives("jaxpr", at + 1)
    stops = [("jaxpr", n) for n in relatives["jaxpr"]] + [("hlo", n) for n in relatives["hlo"]]
    here = stops.index(("jaxpr", at + 1))
    focused = view.page.evaluate("document.activeElement.getAttribute('aria-label')")
    for step in range(1, len(stops) + 1):
        view.page.keyboard.press("n")
        view.settle()
        stage, number_of = stops[(here + step) % len(stops)]
        assert lit(view, stage, "jx-line-current") == [number_of]
        assert view.page.evaluate("document.activeElement.getAttribute('aria-label')") == focused
    view.page.keyboard.press("p")
    view.settle()
    stage, number_of = stops[here - 1]
    assert lit(view, stage, "jx-line-current") == [number_of]
    assert f"of {len(stops)}" in view.find(".jx-bar-counts").inner_text()
    view.page.keyboard.press("Escape")
    view.settle()
    assert view.ui()["pin"] is None
    assert view.find(".jx-kin").count() == 0


def test_another_pane_leaves_the_text_where_it_was_and_a_first_click_keeps_the_line(
    open_view: OpenView, records: dict[str, Record]
) -> None:
    view = open_view("code", records, ui={"panes": ["source", "jaxpr"]})
    scroller = pane(view, "jaxpr").locator(".cm-scroller")
    scroller.evaluate("(element) => element.scrollTo(0, 150)")
    view.settle()
    view.find('.jx-stage[data-stage="stablehlo"]').click()
    pane(view, "stablehlo").locator(".cm-line").first.wait_for()
    view.settle()
    assert scroller.evaluate("(element) => element.scrollTop") == 150
    number_of = compile_sample.line_of(str(records["stage/loss/jaxpr"].buffers["text"]), "= tanh")
    pane(view, "jaxpr").locator(".cm-line", has_text="= tanh").click()
    view.settle()
    assert view.ui()["pin"] == {"function": "loss", "stage": "jaxpr", "line": number_of}


def test_a_kept_line_brings_its_relatives_into_sight(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    view = open_view("code", records, ui={"panes": ["jaxpr", "hlo"]})
    text = str(records["stage/loss/jaxpr"].buffers["text"])
    at = compile_sample.line_of(text, "= tanh")
    wanted = found.relatives("jaxpr", at + 1)["hlo"]
    assert not set(wanted) & set(range(*shown(view, "hlo"))), "they are far down to begin with"
    pane(view, "jaxpr").locator(".cm-line").nth(at).hover(position={"x": 60, "y": 8})
    view.settle()
    before = shown(view, "hlo")
    assert not set(wanted) & set(range(*before)), "pointing alone scrolls nothing"
    pane(view, "jaxpr").locator(".cm-line").nth(at).click(position={"x": 60, "y": 8})
    view.settle()
    assert set(lit(view, "hlo", "jx-kin")) & set(wanted)


def test_a_line_that_joins_nothing_says_so(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", records, ui={"panes": ["hlo"]})
    pane(view, "hlo").locator(".cm-line").first.hover(position={"x": 60, "y": 8})
    view.settle()
    assert "JAX or XLA added it" in view.root.get_by_role("region", name="Your line").inner_text()


def test_a_librarys_file_can_be_opened(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", records, ui={"panes": ["source", "jaxpr"]})
    listed = view.root.get_by_label("Open a library's file")
    files = records["source/loss"].header["files"]
    library = next(i for i, file in enumerate(files) if file["owner"] == "library" and file["text"])  # of jax.nn.relu
    listed.select_option(str(library))
    view.settle()
    first = files[library]["text"].split("\n")[0]
    assert pane(view, "source").locator(".cm-line").first.inner_text().rstrip("\n") == first
    view.root.get_by_role("tab", name="compile_sample.py").click()
    view.settle()
    assert pane(view, "source").locator(".cm-line").filter(has_text="def loss(").count() == 1


def test_the_source_pane_starts_at_the_function(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", records)
    assert view.ui().get("panes") is None
    expect(pane(view, "source").locator(".cm-line").filter(has_text="def loss(")).to_be_in_viewport()
    assert view.find(".jx-code-pane").count() == 2


def test_what_is_kept_and_open_comes_back_with_the_state(open_view: OpenView, records: dict[str, Record]) -> None:
    at = compile_sample.line_of(str(records["stage/loss/hlo"].buffers["text"]), "tanh(")
    ui = {"panes": ["source", "hlo"], "pin": {"function": "loss", "stage": "hlo", "line": at}}
    view = open_view("code", records, ui=ui, live=False)
    assert "kept" in view.root.get_by_role("region", name="Your line").inner_text()
    assert lit(view, "hlo", "jx-line-pin") == [at + 1]
    assert "tanh" in "".join(pane(view, "source").locator(".jx-span").all_inner_texts())


def test_scopes_keep_layers_apart_that_share_a_line(open_view: OpenView, records: dict[str, Record]) -> None:
    stage = records["stage/loss/jaxpr"]
    links = np.array([[2, 0, 5, 4, 5, 9, 0, 0], [8, 0, 5, 4, 5, 9, 1, 0], [9, 0, 5, 4, 5, 9, 0, 2]], np.int32)
    scoped = Record("stage", {**stage.header, "scopes": ["layer_0", "layer_1"]}, {**stage.buffers, "links": links})
    stage = records["stage/loss/hlo"]
    one = {**stage.buffers, "links": np.array([[0, 0, 5, 4, 5, 9, 0, 0]], np.int32)}
    other = Record("stage", {**stage.header, "scopes": ["layer_1"]}, one)
    changed = {**records, "stage/loss/jaxpr": scoped, "stage/loss/hlo": other}
    view = open_view("code", changed, ui={"panes": ["jaxpr", "hlo"]})
    for at, wanted in ((2, []), (8, [1]), (9, [])):  # a detail row never joins
        pane(view, "jaxpr").locator(".cm-line").nth(at).hover(position={"x": 60, "y": 8})
        view.settle()
        assert lit(view, "hlo", "jx-related") == wanted


def without_its_columns(x: Any) -> Any:
    return jnp.tanh(x).sum(axis=0) - x


def test_expressions_that_begin_at_the_same_place_stay_apart(open_view: OpenView) -> None:
    found = explorer.inspect(without_its_columns, jnp.ones((4, 4)))
    view = open_view("code", compile_sample.real(found), ui=ALL)
    lines = found.stages["jaxpr"].text.split("\n")
    tanh, minus = (next(n for n, text in enumerate(lines) if word in text) for word in ("= tanh", "= sub"))
    pane(view, "jaxpr").locator(".cm-line").nth(minus).hover(position={"x": 60, "y": 8})
    view.settle()
    assert tanh + 1 not in found.relatives("jaxpr", minus + 1)["jaxpr"]
    assert minus + 1 in lit(view, "jaxpr", "jx-related") + lit(view, "jaxpr", "jx-origin")
    assert tanh + 1 not in lit(view, "jaxpr", "jx-related")


def test_a_text_that_comes_again_leaves_the_person_where_they_are(
    open_view: OpenView, records: dict[str, Record]
) -> None:
    view = open_view("code", records, ui={"panes": ["hlo"]})
    view.find(".cm-content").focus()
    view.page.keyboard.press("Control+End")
    view.settle()
    before = shown(view, "hlo")
    assert before[0] > 20
    view.put({"stage/loss/hlo": records["stage/loss/hlo"]})
    view.settle()
    assert shown(view, "hlo") == before
