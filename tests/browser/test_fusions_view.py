"""The gaps between kernels: a click tells why XLA did not fuse the two, and leads to both of their lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import compile_sample
import numpy as np
import pytest
from playwright.sync_api import expect
from view_page import ViewPage

from explorer.compiler.fusions.decided import Decided
from explorer.compiler.fusions.dump import read
from explorer.compiler.fusions.fusions import fusions_of
from explorer.compiler.instructions import Instructions
from explorer.compiler.shown import ON_DEMAND
from explorer.records import Record

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
OpenView = Callable[..., ViewPage]

DUMPS = Path(__file__).parents[1] / "unit" / "fusions"  # real ones: see test_fusions.py
DEVICE = "NVIDIA H100 80GB HBM3 (compile only, not autotuned)"


def text(name: str) -> str:
    return (DUMPS / name).read_text()


@pytest.fixture(scope="module")
def gpu(records: Mapping[str, Record]) -> dict[str, Record]:
    """The sample, with what XLA made of another program for an H100 in the place of its optimized HLO."""
    hlo = text("h100_optimized.hlo")
    program = Instructions(hlo, lambda line: ())
    decided = Decided(read(text("h100_priority_fusion_dump.txt")), text("h100_after_fusion.hlo"))
    source = records["source/loss"].header
    matmul = compile_sample.line_of(source["files"][source["main"]]["text"], 'batch["x"] @')
    rows = [  # two kernels come from one line of the source
        (compile_sample.line_of(hlo, f"  %{name} = "), source["main"], matmul + 1, 8, matmul + 1, 20, -1, 0)
        for name in ("loop_multiply_fusion", "input_reduce_fusion.3")
    ]
    stage, about = records["stage/loss/hlo"], records["inspection/loss"]
    return {
        **{key: record for key, record in records.items() if not key.startswith(("instructions/", "summary/"))},
        "inspection/loss": Record(about.kind, {**about.header, "device": DEVICE}, about.buffers),
        "stage/loss/hlo": Record(
            "stage",
            {**stage.header, "lines": hlo.count("\n") + 1, "scopes": []},
            {"text": hlo, "links": np.array(rows, np.int32)},
        ),
        "fusions/loss": fusions_of(program.module, program.costs.calls, decided).record("loss"),
    }


def gap(view: ViewPage, text: str) -> Any:
    return view.find(".jx-fusions-gap").filter(has_text=text)


def test_a_click_tells_the_reason_in_plain_words_and_both_modelled_times(
    open_view: OpenView, gpu: Mapping[str, Record]
) -> None:
    view = open_view("code", gpu)
    expect(view.find(".jx-fusions-kernel")).to_have_count(9)
    expect(view.find(".jx-fusions-gap")).to_have_count(8)
    expect(view.find(".jx-fusions")).to_contain_text("7 pairs of kernels kept apart")
    expect(view.find(".jx-fusions")).to_contain_text("not autotuned")
    gap(view, "both reduce").click()
    told = view.find(".jx-fusions-told")
    expect(told).to_contain_text("%input_reduce_fusion → %input_reduce_fusion.4")
    expect(told).to_contain_text("Both reduce many values to few")
    expect(told).to_contain_text("XLA wrote: both the producer and the consumer contain a reduce")
    expect(told).to_contain_text("512\u00a0B go through memory between the two")
    expect(told.locator(".jx-fusions-times")).to_have_count(0)
    gap(view, "nothing passes here").first.click()
    expect(told).to_contain_text("%wrapped_slice reads nothing of what %input_reduce_fusion.3 makes")
    # its model decided: both times, labelled
    gap(view, "would be slower").nth(1).click()
    times = view.find(".jx-fusions-times")
    expect(times).to_contain_text("in one kernel51\u00a0µs")
    expect(times).to_contain_text("in separate kernels19.4\u00a0µs")
    expect(times).to_contain_text("modelled by XLA")
    expect(times).to_contain_text("not autotuned")
    one, two = times.locator(".jx-fusions-bar").all()
    assert one.bounding_box()["width"] > 2 * two.bounding_box()["width"]  # type: ignore[index]
    # a kernel, and what led to it
    view.find(".jx-fusions-kernel").filter(has_text="exponential, broadcast, divide, reduce").click()
    inside = view.find(".jx-fusions-inside li")
    expect(inside).to_have_count(3)
    expect(inside.first).to_contain_text("%exp.1")
    expect(inside.first).to_contain_text("µs fused")
    expect(view.find(".jx-fusions-told")).to_contain_text("modelled by XLA when it fused the two")


def test_a_gap_leads_to_the_lines_of_both_kernels(open_view: OpenView, gpu: Mapping[str, Record]) -> None:
    view = open_view("code", gpu)
    view.page.evaluate("pick({ panes: ['source', 'hlo'], stage: 'hlo' })")
    gap(view, "would be slower").nth(1).focus()
    source = view.find('.jx-code-pane[data-stage="source"]')
    expect(source.locator(".cm-line.jx-related").first).to_contain_text('batch["x"] @ params["w"]')
    gap(view, "would be slower").nth(1).click()
    view.find(".jx-fusions-from .jx-link").nth(1).click()
    assert view.ui()["pin"] == {
        "function": "loss",
        "stage": "hlo",
        "line": compile_sample.line_of(text("h100_optimized.hlo"), "  %input_reduce_fusion.3 = "),
    }
    view.find(".jx-fusions-from .jx-sources-place").first.click()
    assert view.ui()["pin"]["stage"] == "source"


def test_the_keys_reach_every_gap_and_one_reason_can_be_shown_alone(
    open_view: OpenView, gpu: Mapping[str, Record]
) -> None:
    view = open_view("code", gpu)
    first = view.find(".jx-fusions-kernel").first
    first.focus()
    view.page.keyboard.press("ArrowDown")
    view.page.keyboard.press("Enter")
    expect(view.find(".jx-fusions-gap").first).to_have_attribute("aria-pressed", "true")
    expect(view.find(".jx-fusions-told")).to_contain_text("more than the second reads this one")
    assert view.ui()["gap"] == 0
    view.find(".jx-fusions-reason").filter(has_text="would be slower").click()
    expect(view.find(".jx-fusions-gap")).to_have_count(2)
    expect(view.find(".jx-fusions-told")).to_contain_text("would take longer")
    view.find(".jx-fusions-reason").filter(has_text="would be slower").click()
    expect(view.find(".jx-fusions-gap")).to_have_count(8)


def test_it_is_asked_for_and_on_a_cpu_says_that_no_reason_is_recorded(
    open_view: OpenView, records: Mapping[str, Record], found: Any
) -> None:
    view = open_view("code", records)
    expect(view.find(".jx-fusions-kernel")).to_have_count(0)
    view.button("Show why kernels are apart").click()
    assert ["fusions", {"function": "loss"}] in view.sent()
    view.put(ON_DEMAND["fusions"](found, "loss"))
    expect(view.find(".jx-fusions-note")).to_contain_text("XLA for the CPU records no reason")
    kernels = {pair.lines[1] for pair in found.fusions if not pair.fused}
    assert view.find(".jx-fusions-gap").count() >= len(kernels)
    expect(view.find(".jx-fusions-group").first).to_contain_text("In a loop or a branch: %")


def test_a_page_without_it_says_so_and_one_with_it_needs_no_kernel(
    open_view: OpenView, records: Mapping[str, Record], gpu: Mapping[str, Record]
) -> None:
    expect(open_view("code", records, live=False).find(".jx-fusions")).to_contain_text("saved without the reasons")
    view = open_view("code", gpu, live=False, scheme="dark", width=600)
    gap(view, "ends in a scatter").click()
    expect(view.find(".jx-fusions-told")).to_contain_text("so what follows needs a kernel of its own")
