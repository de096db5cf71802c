"""Machine code and memory: asked for on demand, linked with the program, drawn as a timeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import compile_sample
import pytest
from playwright.sync_api import expect
from view_page import ViewPage, plain

import explorer
from explorer.compiler.shown import ON_DEMAND
from explorer.records import Record

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
OpenView = Callable[..., ViewPage]


@pytest.fixture(scope="module")
def records(found: Any) -> dict[str, Record]:
    return {**compile_sample.real(found), **ON_DEMAND["machine"](found, "loss"), **ON_DEMAND["memory"](found, "loss")}


def without(records: dict[str, Record], *parts: str) -> dict[str, Record]:
    return {key: record for key, record in records.items() if not any(part in key for part in parts)}


def test_the_kernels_are_asked_for_and_then_shown(open_view: OpenView, records: dict[str, Record], found: Any) -> None:
    view = open_view("code", without(records, "/asm", "/llvm"))
    view.find(".jx-stage[data-stage=asm]").click()
    view.settle()
    pane = view.find(".jx-code-pane[data-stage=asm]")
    expect(pane).to_contain_text("The instructions of the processor")
    pane.get_by_role("button", name="Show the kernels").click()
    assert ["machine", {"function": "loss"}] in view.sent()
    expect(pane).to_contain_text("Compiling once more")
    view.put(ON_DEMAND["machine"](found, "loss"))
    expect(pane.locator(".cm-content")).to_contain_text(f"{found.kernels[0].name}:")
    expect(pane.locator(".jx-code-size")).to_have_text(f"{found.stages['asm'].lines:,} lines")


def test_a_line_of_machine_code_leads_to_the_program(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    view = open_view("code", records, ui={"panes": ["source", "hlo", "asm"], "stage": "asm"})
    kernel = found.kernels[0]
    mine = [source for source in kernel.sources if not source.library]
    view.find(".jx-code-pane[data-stage=asm] .cm-line").nth(3).hover()
    view.settle()
    text = found.files.text(found.main).split("\n")
    lit = view.find(".jx-code-pane[data-stage=source] .jx-related")
    assert {line.strip() for line in lit.all_inner_texts()} <= {text[s.line - 1].strip() for s in mine}
    expect(lit.first).to_be_visible()
    expect(view.find(".jx-bar-counts")).to_contain_text("in machine code")
    expect(view.find(".jx-bar-counts")).to_contain_text("in LLVM IR")
    colours = view.find(".jx-code-pane[data-stage=asm] .jx-t-op").all_inner_texts()
    assert {"mov", "ret"} & set(colours) or "push" in colours


def buffers(view: ViewPage) -> Any:
    return view.find(".jx-memory-place")


def test_the_memory_is_asked_for_and_drawn(open_view: OpenView, records: dict[str, Record], found: Any) -> None:
    view = open_view("code", without(records, "memory/"))
    view.button("Show the memory over time").click()
    assert ["memory", {"function": "loss"}] in view.sent()
    expect(view.find(".jx-memory")).to_contain_text("Compiling once more")
    view.put({"memory/loss": records["memory/loss"]})
    timeline = found.memory.timeline
    expect(buffers(view)).to_have_count(len(timeline))
    told = view.find(".jx-memory > p").first
    assert plain(told.inner_text().split(",")[0]) == pytest.approx(timeline.peak_bytes, rel=0.01)
    assert f"{timeline.peak_bytes:,} bytes set aside" in (told.get_attribute("title") or "")
    for kind, size in timeline.allocated.items():
        if size and kind != "alias":
            expect(view.find(f".jx-memory-legend [data-kind={kind}]")).to_have_attribute("title", f"{size:,} bytes")
    step = timeline.fullest_step
    expect(view.find(".jx-memory-side output")).to_contain_text(f"Step {step} of {len(timeline.steps)}")
    names = view.find(".jx-memory-item").all_inner_texts()
    largest = sorted((b.bytes for b in timeline.at(step)), reverse=True)
    assert plain(names[0].split("\n")[1]) == pytest.approx(largest[0], rel=0.01)


def test_buffers_do_not_overlap_and_fill_the_picture(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    view = open_view("code", records)
    boxes = buffers(view).evaluate_all("all => all.map((one) => one.getBoundingClientRect().toJSON())")
    back = view.find(".jx-memory-back").bounding_box()
    assert back is not None
    timeline = found.memory.timeline
    for box, buffer in zip(boxes, timeline, strict=True):
        share = (buffer.end + 1 - buffer.start) / (len(timeline.steps) + 1)
        assert box["width"] == pytest.approx(min(1, share) * back["width"], abs=12)
        assert box["height"] == pytest.approx(buffer.bytes / timeline.peak_bytes * back["height"], abs=2)
        assert back["y"] - 2 <= box["y"] <= back["y"] + back["height"] + 2


def test_a_buffer_names_its_line_and_a_click_keeps_it(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    view = open_view("code", records)
    timeline = found.memory.timeline
    number, buffer = next(
        (i, b) for i, b in enumerate(timeline) if b.kind == "temporary" and b.bytes > 50_000 and b.sources
    )
    own = next(source for source in buffer.sources if not source.library)
    place = view.find(f".jx-memory-place[data-buffer='{number}']")
    place.scroll_into_view_if_needed()
    place.hover(force=True)
    view.settle()
    about = view.find(".jx-memory-about")
    lit = view.find(".jx-memory-place[data-on=true]")
    shown = timeline[int(lit.get_attribute("data-buffer") or -1)]
    expect(about).to_contain_text(shown.name)
    expect(about).to_contain_text(f"from step {shown.start}")
    if shown is buffer:
        expect(about).to_contain_text(f":{own.line}:")
    lit.click(force=True)
    view.settle()
    pin = view.ui()["pin"]
    lines = {source.line for source in shown.sources}
    assert pin["stage"] == "source"
    assert pin["line"] in lines


def test_the_steps_are_walked_by_slider_and_keys(open_view: OpenView, records: dict[str, Record], found: Any) -> None:
    view = open_view("code", records)
    steps = found.memory.timeline.steps
    slider = view.root.get_by_role("slider", name="Step")
    slider.focus()
    slider.press("Home")
    told = view.find(".jx-memory-side output")
    expect(told).to_contain_text(f"Step 0 of {len(steps)}, {steps[0]}")
    view.find(".jx-memory-picture").focus()
    view.page.keyboard.press("ArrowRight")
    expect(told).to_contain_text(f"Step 1 of {len(steps)}, {steps[1]}")
    used = int(found.memory.timeline.used_bytes[1])
    assert plain(told.inner_text().split(": ")[1]) == pytest.approx(used, rel=0.01)
    view.button("Fullest").click()
    expect(told).to_contain_text(f"Step {found.memory.timeline.fullest_step} of")


def test_what_is_kept_for_the_backward_pass_leads_to_its_line(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    view = open_view("code", records)
    kept = found.memory.residuals
    rows = view.find(".jx-memory-keeps")
    expect(rows).to_have_count(len(kept))
    for row, one in zip(rows.all(), kept, strict=True):
        assert f"{one.bytes:,} bytes" in (row.get_attribute("title") or "")
    first = next(i for i, one in enumerate(kept) if one.source)
    rows.nth(first).click()
    view.settle()
    assert view.ui()["pin"]["line"] == kept[first].source.line
    expect(rows.filter(has_text="in memory anyway").first).to_be_disabled()


def test_donation_and_checkpoint_are_tried_when_asked(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    view = open_view("code", records)
    view.root.get_by_role("slider", name="Step").press("Home")
    view.button("Try: donate the arguments").click()
    assert ["try_donation", {"function": "loss"}] in view.sent()
    expect(view.find("[data-change=donation]")).to_contain_text("Compiling it so")
    expect(view.button("Try: compute again (checkpoint)")).to_be_disabled()
    view.put(ON_DEMAND["try_donation"](found, "loss"))
    expect(view.find("[data-change=donation]")).to_contain_text(found.memory.tried["donation"].sentence)
    expect(view.find(".jx-memory-side output")).to_contain_text("Step 0 of")
    view.button("Try: compute again (checkpoint)").click()
    view.put(ON_DEMAND["try_checkpoint"](found, "loss"))
    expect(view.find("[data-change=checkpoint]")).to_contain_text("inspector(transform=['value_and_grad'])")


def test_where_it_is_not_told_the_reason_is_there(open_view: OpenView, records: dict[str, Record]) -> None:
    import jax

    handed = explorer.inspect(jax.jit(lambda x: x + 1).lower(1.0).compile())
    view = open_view("code", {**records, **ON_DEMAND["memory"](handed, "loss"), **ON_DEMAND["machine"](handed, "loss")})
    expect(view.find(".jx-memory")).to_contain_text("What was handed over is compiled already")
    expect(view.find(".jx-memory-body")).to_be_hidden()
    expect(view.find(".jx-stage[data-stage=asm]")).to_have_attribute("title", handed.kernels.missing)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_saved_page_has_all_of_it(open_view: OpenView, records: dict[str, Record], found: Any, scheme: str) -> None:
    view = open_view("code", records, live=False, scheme=scheme, ui={"panes": ["source", "llvm"]}, width=700)
    expect(buffers(view)).to_have_count(len(found.memory.timeline))
    view.find(".jx-memory-item button").first.focus()
    expect(view.find(".jx-memory-about")).to_contain_text("from step")
    expect(view.find(".jx-stage")).to_have_count(8)


def test_a_page_without_it_offers_none_of_it(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", without(records, "/asm", "/llvm", "memory/"), live=False)
    expect(view.find(".jx-stage[data-stage=asm]")).to_have_count(0)
    expect(view.find(".jx-memory")).to_contain_text("This page was saved without the memory over time.")
