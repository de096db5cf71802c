"""A program over several devices: mesh and splits picked, its exchanges with their lines, and what running it gave."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import compile_sample
import pytest
from playwright.sync_api import expect
from view_page import ViewPage

from explorer.compiler.machine.stages import NO_TPU_CODE
from explorer.records import Record

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
OpenView = Callable[..., ViewPage]
MESH = [{"name": "data", "size": 4}, {"name": "model", "size": 2}]


@pytest.fixture(scope="module")
def records(found: Any) -> dict[str, Record]:
    return compile_sample.real(found)


def exchange(found: Any, **changes: Any) -> dict[str, Any]:
    text = found.files.text(found.main).split("\n")
    line = compile_sample.line_of("\n".join(text), 'batch["x"] @')
    place = {"file": found.main, "line": line + 1, "column": text[line].index("batch"), "lastLine": line + 1}
    place["lastColumn"] = len(text[line]) - 1
    why = "each device computes a product (dot_general) from its own piece along data, and the results are added up"
    return {
        "kind": "all-reduce", "shape": "f32[40,300]", "bytes": 48000, "devices": 4, "axes": ["data"], "why": why,
        "line": 20, "joined": 3, "places": [place], **changes,
    }  # fmt: skip


def sharding(exchanges: list[dict[str, Any]], **changes: Any) -> dict[str, Record]:
    header = {
        "function": "loss", "mesh": MESH, "exchanges": exchanges, "listed": len(exchanges), "bytes": 96000,
        "compiled": True, "run": None, "problem": None, **changes,
    }  # fmt: skip
    return {"sharding/loss": Record("sharding", header)}


def run(**changes: Any) -> dict[str, Any]:
    weights = {
        "name": "['w']", "shape": [40, 300], "dtype": "float32", "piece": [40, 150], "apart": 2.4e-7, "share": 5.8e-8,
        "tolerance": 3.5e-4, "agrees": True, "equal": False,
    }  # fmt: skip
    step = {**weights, "name": "['n']", "shape": [], "dtype": "int32", "piece": [], "tolerance": 0.0, "equal": True}
    told = {"sentence": "The results agree.", "agrees": True, "made_up": True, "one_ms": 2.0, "many_ms": 31.0}
    return {**told, "times": "the times say nothing of real ones", "reason": "Half of the digits.", "results": [weights, step], **changes}  # fmt: skip  # noqa: E501


def test_an_exchange_names_its_line_and_leads_to_it(
    open_view: OpenView, records: dict[str, Record], found: Any
) -> None:
    many = [exchange(found, bytes=48000 - i) for i in range(12)]
    view = open_view("code", {**records, **sharding(many)})
    root = view.find(".jx-sharding")
    expect(root).to_contain_text("Over 8 devices")
    expect(root).to_contain_text("Mesh: data = 4 × model = 2. In one call they exchange 12 arrays")
    rows = root.locator("tbody tr")
    expect(rows).to_have_count(8)
    root.get_by_role("button", name="Show all 12").click()
    expect(rows).to_have_count(12)
    expect(rows.first).to_contain_text("one of 3 joined")
    expect(rows.first).to_contain_text("along data")
    expect(rows.first).to_contain_text("Each device computes a product (dot_general) from its own piece along data")
    expect(rows.first.locator("mark")).to_contain_text('batch["x"] @')
    rows.first.get_by_role("button", name=re.compile(r":\d+:\d+")).click()
    view.settle()
    assert view.ui()["pin"]["line"] == many[0]["places"][0]["line"]
    rows.first.get_by_role("button", name="HLO 21").click()
    view.settle()
    assert (view.ui()["pin"]["stage"], view.ui()["pin"]["line"]) == ("hlo", 20)


def test_a_program_for_one_device_has_no_such_part(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("code", records)
    assert records["sharding/loss"].header["exchanges"] == []
    expect(view.find(".jx-sharding")).to_be_hidden()


def test_it_is_run_when_asked_and_can_be_cancelled(open_view: OpenView, records: dict[str, Record], found: Any) -> None:
    view = open_view("code", {**records, **sharding([exchange(found)])})
    part = view.find(".jx-sharded")
    view.button("Run it on 8 simulated devices").click()
    assert ["run_sharded", {"function": "loss"}] in view.sent()
    expect(part).to_contain_text("Running on 8 simulated devices")
    part.get_by_role("button", name="Cancel").click()
    assert view.sent()[-1] == ["cancel", {}]
    view.put(sharding([exchange(found)], problem="Cancelled. The kernel is as it was."))
    expect(part.get_by_role("alert")).to_have_text("Cancelled. The kernel is as it was.")
    view.button("Run it again").click()
    view.put(sharding([exchange(found)], run=run()))
    expect(part.locator(".jx-sharded-verdict")).to_contain_text("The results agree.")
    expect(part).to_contain_text("were made up")
    rows = part.locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("result['w']")
    assert rows.nth(0).locator("td").all_inner_texts() == [
        "float32[40, 300]", "[40, 150]", "2.4e−7", "5.8e−8", "3.5e−4", "agrees",
    ]  # fmt: skip
    assert rows.nth(1).locator("td").all_inner_texts() == ["int32[]", "all of it", "none", "", "equal", "the same"]
    expect(part).to_contain_text("31 ms on all: the times say nothing of real ones")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_shows_what_was_run(open_view: OpenView, records: dict[str, Record], found: Any, scheme: str) -> None:
    wrong = run(agrees=False, sentence="1 of 2 results differs.")
    wrong["results"][0] |= {"agrees": False, "apart": None, "share": None}
    view = open_view(
        "code", {**records, **sharding([exchange(found)], run=wrong)}, live=False, scheme=scheme, width=700
    )
    part = view.find(".jx-sharded")
    expect(part.locator("tbody tr").first).to_contain_text("differs")
    expect(part.locator("tbody tr").first).to_contain_text("no number")
    expect(part.get_by_role("button")).to_have_count(0)
    alarm = part.locator("tbody b").evaluate("(one) => getComputedStyle(one).color")
    assert part.locator(".jx-sharded-verdict").evaluate("(one) => getComputedStyle(one).color") == alarm


def test_a_mesh_and_the_split_of_an_array_are_picked(open_view: OpenView) -> None:
    whole = {"value": "", "reason": None}
    data = {"value": "data", "reason": None}
    wide = {"value": "model", "reason": "40 does not divide into 16"}
    axes = [
        {"axis": 0, "now": "data", "options": [whole, data, wide]},
        {"axis": 1, "now": "", "options": [whole, data]},
    ]
    spread = {
        "mesh": "data=16", "specs": "data", "most": 16, "meshes": ["data=16", "data=8, model=2"],
        "splits": [{"name": "x", "shape": [64, 40], "axes": axes}],
    }  # fmt: skip
    subject = compile_sample.subject(target="tpu-v5e:4x4", size="4x4", sharding=spread)
    view = open_view("code", {"functions": compile_sample.functions(), "subject/loss": subject})
    view.root.get_by_label("Choose a mesh").select_option("data=8, model=2")
    assert view.sent()[-1] == ["set_mesh", {"mesh": "data=8, model=2"}]
    menu = view.root.get_by_label("x, axis 0")
    expect(menu).to_have_value("data")
    expect(menu.locator("option[value=model]")).to_be_disabled()
    expect(menu.locator("option[value=model]")).to_have_text("model: 40 does not divide into 16")
    view.root.get_by_label("x, axis 1").select_option("data")
    assert view.sent()[-1] == ["set_split", {"argument": "x", "axis": 1, "names": "data"}]


def test_stages_are_called_what_they_are_for_the_device(open_view: OpenView, records: dict[str, Record]) -> None:
    looked = records["inspection/loss"]
    stages = [{"stage": name, "title": "Kernels (LLVM IR)", "reason": None, "language": "llvm"} for name in ("llvm_before", "llvm")]  # fmt: skip  # noqa: E501
    ptx = {"stage": "asm", "title": "Code for the GPU (PTX)", "reason": None, "language": "ptx"}
    gpu = replace(looked, header={**looked.header, "late": [*stages, ptx]})
    view = open_view("code", {**records, "inspection/loss": gpu})
    button = view.find(".jx-stage[data-stage=asm]")
    expect(button).to_contain_text("Code for the GPU")
    button.click()
    view.settle()
    pane = view.find(".jx-code-pane[data-stage=asm]")
    expect(pane).to_contain_text("the language that NVIDIA's own tools turn into machine code")
    tpu = [{**one, "reason": NO_TPU_CODE} for one in (*stages, {**ptx, "title": "Machine code (disassembly)"})]
    view.put({"inspection/loss": replace(looked, header={**looked.header, "late": tpu})})
    pane = view.find(".jx-code-pane[data-stage=asm]")
    expect(pane).to_contain_text("XLA for TPU gives neither LLVM IR nor machine code away")
    expect(pane.get_by_role("heading")).to_have_text("Machine code (disassembly)")
