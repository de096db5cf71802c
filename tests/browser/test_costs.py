"""Cost beside the lines and in tables, what stands out above them, and the way from each to its line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import compile_sample
import numpy as np
import pytest
from playwright.sync_api import Locator, expect
from view_page import ViewPage, plain

from explorer.records import Record

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
OpenView = Callable[..., ViewPage]
FLOPS, TRAFFIC = 1, 2


@pytest.fixture(scope="module")
def records(found: Any) -> dict[str, Record]:
    made = compile_sample.real(found)
    return {**made, "summary/loss": compile_sample.summary(made)}


def table(view: ViewPage, name: str) -> Locator:
    return view.root.get_by_role("table", name=name)


def cells(rows: Locator, column: int) -> list[str]:
    return [row.get_by_role("cell").nth(column).inner_text() for row in rows.all()]


def column_of(view: ViewPage, name: str, title: str) -> int:
    heads = table(view, name).get_by_role("columnheader").all_inner_texts()
    return next(i for i, head in enumerate(heads) if head.startswith(title))


def test_the_lines_of_the_source_hold_their_share(open_view: OpenView, records: dict[str, Record], found: Any) -> None:
    view = open_view("code", records)
    flops: dict[int, float] = {}
    total = 0.0
    for instruction, bits in zip(found.instructions, found.instructions.costs.counts, strict=True):
        if not bits & FLOPS or np.isnan(instruction.executed_flops):
            continue
        total += instruction.executed_flops
        lines = {span.line for span in instruction.sources if span.file.endswith("compile_sample.py")}
        for line in lines:
            flops[line] = flops.get(line, 0) + instruction.executed_flops / len(lines)
    rows = table(view, "Your lines").locator("[data-place]")
    places = [int(text.split()[0]) for text in cells(rows, 0)]
    assert places == sorted(places, key=lambda line: -flops.get(line, 0))  # the costliest first
    figures = [plain(text.split(" %")[0]) for text in cells(rows, column_of(view, "Your lines", "FLOPs executed"))]
    assert figures[0] == pytest.approx(flops[places[0]], rel=5e-3)
    marks = view.find(".jx-code-pane[data-stage=source] .jx-heat-mark:visible")
    costliest = marks.first.inner_text()
    assert plain(costliest) == pytest.approx(100 * flops[places[0]] / total, abs=0.6)
    assert plain(marks.first.get_attribute("title")) == pytest.approx(flops[places[0]], rel=1e-3)
    assert "modelled" in (marks.first.get_attribute("title") or "")


def test_every_instruction_is_in_the_table_and_sorts(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    view = open_view("code", records, ui={"panes": ["hlo"]})
    view.root.get_by_role("radio", name=f"Instructions ({len(found.instructions)})").click()
    view.settle()
    rows = table(view, "Instructions").locator("[data-place]")
    wanted = sorted(found.instructions, key=lambda each: -np.nan_to_num(each.executed_flops, nan=-1))
    assert cells(rows, 1)[0] == wanted[0].name
    table(view, "Instructions").get_by_role("button", name="Bytes").click()
    view.settle()
    assert view.ui()["sort"]["instructions"] == {"by": "bytes", "down": True}
    wanted = sorted(found.instructions, key=lambda each: (-np.nan_to_num(each.bytes, nan=-1), each.line))
    assert cells(rows, 1)[:5] == [each.name for each in wanted[:5]]
    rows.first.click()
    view.settle()
    assert view.ui()["pin"] == {"function": "loss", "stage": "hlo", "line": wanted[0].line - 1}
    expect(view.find(".jx-code-pane[data-stage=hlo] .jx-line-pin")).to_contain_text(wanted[0].name)
    table(view, "Instructions").get_by_role("button", name="Bytes").click()
    view.settle()
    last = [text for text in cells(rows, column_of(view, "Instructions", "Bytes")) if text != "–"]
    assert plain(last[0].split(" %")[0]) == min(each.bytes for each in found.instructions if not np.isnan(each.bytes))


def test_the_keys_walk_a_table_and_enter_keeps_a_line(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", records)
    table(view, "Your lines").focus()
    view.page.keyboard.press("ArrowDown")
    view.page.keyboard.press("Enter")
    view.settle()
    place = cells(table(view, "Your lines").locator("[data-place]"), 0)[1]
    assert view.ui()["pin"]["stage"] == "source"
    assert view.ui()["pin"]["line"] == int(place.split()[0])
    assert "kept" in view.root.get_by_role("region", name="Your line").inner_text()


def test_the_figure_beside_the_lines_can_be_chosen(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", records)
    marks = view.find(".jx-heat-mark:visible")
    before = marks.first.get_attribute("title")
    view.root.get_by_label("Figure beside the lines").select_option(label="Bytes (modelled)")
    view.settle()
    assert view.ui()["figure"] == "bytes"
    assert "bytes read and written" in (marks.first.get_attribute("title") or "")
    assert marks.first.get_attribute("title") != before
    view.root.get_by_label("Figure beside the lines").select_option(label="none")
    view.settle()
    assert marks.count() == 0


def test_measuring_is_asked_for_and_told_apart_from_modelled(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", records)
    assert "Measured" not in table(view, "Your lines").inner_text()
    view.button("Measure on this device").click()
    view.settle()
    assert view.sent() == [["measure", {"function": "loss"}]]
    assert view.find(".jx-measure").is_disabled()
    view.put({"instructions/loss": compile_sample.measured(records)})
    view.settle()
    assert view.button("Measure again").is_enabled()
    head = table(view, "Your lines").get_by_role("columnheader").filter(has_text="Measured time")
    assert head.locator("small").inner_text() == "measured"
    assert "Measured over 5 runs on cpu:0" in view.find(".jx-costs").inner_text()


def test_what_xla_does_not_count_is_said(open_view: OpenView, records: dict[str, Record]) -> None:
    record = records["instructions/loss"]
    none = np.full_like(record.buffers["flops"], np.nan)
    header = {**record.header, "counted_by": None, "notes": ["topk is a custom call: nobody counts what it does."]}
    buffers = {**record.buffers, "flops": none, "executed_flops": none, "bytes": none}
    view = open_view("code", {**records, "instructions/loss": Record("instructions", header, buffers)})
    said = view.find(".jx-costs").inner_text()
    assert "XLA counted nothing for this device." in said
    assert "topk is a custom call" in said
    assert view.find(".jx-heat-mark").count() == 0


def test_what_stands_out_leads_to_its_line(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", records)
    findings = view.root.get_by_role("region", name="What stands out")
    assert findings.get_by_role("listitem").count() == 5
    findings.get_by_role("button", name="Show all 7").click()
    assert findings.get_by_role("listitem").count() == 7
    first = findings.get_by_role("listitem").first
    assert "The matrix product takes 96 % of the FLOPs." in first.inner_text()
    assert first.locator(".jx-tag").inner_text() == "modelled"
    first.get_by_role("button").click()
    view.settle()
    assert view.ui()["panes"] == ["source", "jaxpr", "hlo"]
    marked = view.find(".jx-code-pane[data-stage=source] .jx-span").all_inner_texts()
    assert "".join(marked) == 'batch["x"] @ params["w"]'
    expect(view.find(".jx-code-pane[data-stage=hlo] .jx-kin").filter(has_text="dot").first).to_be_in_viewport()
    second = findings.get_by_role("listitem").nth(1)
    assert second.locator(".jx-tag").inner_text() == "fact"
    second.get_by_role("button").click()
    view.settle()
    expect(view.find(".jx-code-pane[data-stage=hlo] .jx-line-pin")).to_contain_text("constant(")


def test_totals_stand_with_the_figures(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", records)
    shown = {each.locator("dt").inner_text(): each.locator("dd").inner_text() for each in view.find(".jx-figure").all()}
    assert shown["Instructions"] == "210"
    assert shown["Fusions"] == "9"
    assert plain(shown["FLOPs executed"]) == 3.7e6


def test_a_saved_page_has_tables_and_search_and_nothing_to_measure(
    open_view: OpenView, records: dict[str, Record]
) -> None:
    view = open_view("code", records, live=False, ui={"panes": ["hlo"], "table": "instructions"})
    assert view.find(".jx-measure:visible").count() == 0
    assert table(view, "Instructions").locator("[data-place]").count() > 5
    view.find(".jx-search-input").fill("fusion")
    view.find(".jx-match-current").wait_for()
    assert view.find(".jx-heat-mark:visible").count() > 0
