"""The roofline: every kernel that does arithmetic is a point under the roof, labelled modelled or measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import compile_sample
import numpy as np
import pytest
from playwright.sync_api import expect
from view_page import ViewPage

from explorer.records import Record

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
OpenView = Callable[..., ViewPage]

PEAK, BANDWIDTH = 1e12, 1e11


def roofline(how: str = "measured here") -> Record:
    header: dict[str, Any] = {"function": "loss", "device": "cpu:0", "notes": []}
    header["peaks"] = [{"name": "float32 products", "per_second": PEAK, "how": how, "detail": "By hand."}]
    header["bandwidth"] = {"name": "memory", "per_second": BANDWIDTH, "how": how, "detail": "By hand."}
    return Record("roofline", header)


@pytest.fixture(scope="module")
def records() -> dict[str, Record]:
    return compile_sample.real(compile_sample.inspected())


def kernels(record: Record) -> np.ndarray:
    """The rows that move bytes and do arithmetic."""
    b = {name: np.asarray(value) for name, value in record.buffers.items()}
    return np.flatnonzero((b["counts"] & 2 > 0) & (b["bytes"] > 0) & (b["flops"] > 0))


def test_kernels_that_were_not_measured_lie_on_the_roof(open_view: OpenView, records: Mapping[str, Record]) -> None:
    view = open_view("code", records)
    view.button("Show the roofline").click()
    assert ["roofline", {"function": "loss"}] in view.sent()
    view.put({"roofline/loss": roofline()})
    rows = kernels(records["instructions/loss"])
    points = view.find('.jx-roofline-point[data-measured="false"]')
    expect(points).to_have_count(len(rows))
    expect(view.find(".jx-roofline-told")).to_contain_text(f"Showing {len(rows)} of ")
    expect(view.find(".jx-roofline-about")).to_contain_text("Nothing was measured yet")
    expect(view.find(".jx-roofline-roofs")).to_contain_text("1\u00a0TFLOP/s float32 products measured here")
    expect(view.find(".jx-roofline-roofs")).to_contain_text("100\u00a0GB/s memory measured here")
    # the matrix product does 2 x 64 x 40 x 300 FLOPs
    labels = points.evaluate_all("all => all.map((one) => one.ariaLabel ?? one.getAttribute('aria-label'))")
    assert any("at most" in label and "(modelled)" in label for label in labels)


def test_a_measured_kernel_lies_where_it_was_measured(open_view: OpenView, records: Mapping[str, Record]) -> None:
    plain = records["instructions/loss"]
    rows = kernels(plain)
    times = np.full(len(np.asarray(plain.buffers["lines"])), np.nan, np.float32)
    executed = np.asarray(plain.buffers["executed_flops"])
    chosen = int(rows[np.argmax(executed[rows])])
    times[rows] = 1.0
    times[chosen] = executed[chosen] / 1e9 * 1e6  # 1 GFLOP/s
    measured = replace(
        plain,
        header={**plain.header, "measured": {"runs": 5, "device": "cpu:0", "note": ""}},
        buffers={**plain.buffers, "measured_us": times},
    )
    view = open_view(
        "code", {**records, "instructions/loss": measured, "roofline/loss": roofline("from the maker's figures")}
    )
    line = int(np.asarray(plain.buffers["lines"])[chosen])
    point = view.find(f'.jx-roofline-point[data-line="{line}"]')
    said = point.get_attribute("aria-label")
    assert said is not None
    assert ": 1\u00a0GFLOP/s, " in said
    assert "(measured)" in said
    expect(view.find(".jx-roofline-roofs")).to_contain_text("from the maker's figures")
    point.focus()
    expect(view.find(".jx-roofline-about")).to_have_text(said)
    view.page.keyboard.press("Enter")
    assert view.ui()["pin"] == {"function": "loss", "stage": "hlo", "line": line}
