"""The chart: what is drawn is what was sent. Read from the pixels and from what the pointer shows."""

from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest
import sample
from pages import page_of
from playwright.sync_api import Page, expect

from explorer.records import Record

pytestmark = pytest.mark.browser

BLUE = (0, 114, 178)
STYLE = ":root { color-scheme: light; }"


def frame(steps, loss, **more):
    """One run with a loss curve and, by name, more curves (steps, values)."""
    series = {"loss": (steps, loss), **more}
    header = {
        "run": "1",
        "reset": True,
        "series": [{"name": n, "group": "held_out" if "held_out" in n else "train"} for n in series],
        "events": [],
    }
    buffers = {}
    for i, (own, values) in enumerate(series.values()):
        buffers |= {f"{i}/steps": np.asarray(own, np.uint32), f"{i}/values": np.asarray(values, np.float32)}
    return Record("frame", header, buffers)


class Chart:
    """A page with one chart; pixels by step, and height as a share of the plot from its foot."""

    def __init__(self, page: Page, site, record: Record, **ui) -> None:
        self.page = page
        page.goto(
            site.add(
                "chart.html", page_of({"frame/1": record, "runs": sample.runs("adam")}, "run", json.dumps(ui), STYLE)
            )
        )
        self.canvas = page.locator(".jx-chart canvas")
        expect(self.canvas).to_be_visible()
        page.wait_for_timeout(150)  # two frames for the first drawing
        steps = record.buffers["0/steps"]
        self.first, self.last = int(steps[0]), int(steps[-1])

    @property
    def over(self) -> dict[str, float]:
        """The box of the plot without its axes; it moves when the labels of the axis grow."""
        return self.page.locator(".jx-chart .u-over").bounding_box()

    def pixels(self) -> np.ndarray:
        """u8[h, w, 4] of the plot without axes, one pixel per CSS pixel."""
        box = self.over
        text = self.page.evaluate(
            """([x, y, w, h]) => {
              const canvas = document.querySelector(".jx-chart canvas");
              const box = canvas.getBoundingClientRect();
              const data = canvas.getContext("2d").getImageData(x - box.x, y - box.y, w, h).data;
              return btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));
            }""",
            [box[k] for k in ("x", "y", "width", "height")],
        )
        return np.frombuffer(base64.b64decode(text), np.uint8).reshape(round(box["height"]), -1, 4)

    def column(self, step: int, around: int = 2) -> np.ndarray:
        """The columns of pixels at a step."""
        at = round((step - self.first) / (self.last - self.first) * self.over["width"])
        return self.pixels()[:, max(0, at - around) : at + around + 1]

    def hover(self, step: float) -> str:
        """What is said under the pointer at a step."""
        share = (step - self.first) / (self.last - self.first)
        box = self.over
        self.page.mouse.move(box["x"] + min(share * box["width"], box["width"] - 1), box["y"] + 90)
        self.page.wait_for_timeout(60)
        return self.page.locator(".jx-chart-hover").inner_text()


def drawn_in(pixels: np.ndarray, colour: tuple[int, int, int], alpha: int = 40) -> np.ndarray:
    """Which pixels are of a colour, however faint."""
    close = np.abs(pixels[..., :3].astype(int) - colour).max(-1) < 40
    return close & (pixels[..., 3] > alpha)


@pytest.mark.parametrize("steps", [400, 300_000])
def test_a_spike_of_one_step_reaches_its_height(page, site, watch, steps):
    at = np.arange(1, steps + 1)
    loss = np.full(steps, 0.2)
    spike = steps // 3
    loss[spike - 1] = 5.0
    chart = Chart(page, site, frame(at, loss))
    rows = np.flatnonzero(drawn_in(chart.column(spike), BLUE).any(1))
    height = chart.over["height"]
    assert rows.min() < 0.12 * height, "6 % of room above the highest value"
    rest = np.flatnonzero(drawn_in(chart.column(steps // 2), BLUE).any(1))
    assert rest.min() > 0.9 * height
    assert "5" in chart.hover(spike) or steps > 400
    watch.clean()


@pytest.mark.parametrize("steps", [400, 300_000])
def test_a_nan_of_one_step_is_marked_at_its_step(page, site, watch, steps):
    at = np.arange(1, steps + 1)
    loss = np.linspace(2, 1, steps)
    bad = steps // 4
    loss[bad - 1] = np.nan
    chart = Chart(page, site, frame(at, loss))
    red = np.flatnonzero(drawn_in(chart.pixels(), (198, 40, 40)).any(0))
    expected = (bad - 1) / (steps - 1) * chart.over["width"]
    assert red.size
    assert red.min() == pytest.approx(expected, abs=7)
    assert drawn_in(chart.column(bad, 1), (198, 40, 40)).sum() > 50, "the line down to the axis"
    watch.clean()


def test_pointing_reads_the_value_with_all_its_digits(page, site, watch):
    at = np.arange(1, 11)
    loss = np.float32(1) / (at + 2).astype(np.float32)
    chart = Chart(page, site, frame(at, loss, **{"held_out/loss": ([4, 8], [0.125, 1e-9])}))
    said = chart.hover(4)
    assert "step 4" in said
    assert "0.16666667" in said, "the shortest text that names this float32"
    assert "0.125" in said
    said = chart.hover(10)
    assert "step 10" in said
    assert re.search(r"at 8\s+1e-9", said), "the held-out loss is of another step, and says so"
    watch.clean()


def test_nan_is_read_as_nan(page, site):
    chart = Chart(page, site, frame(np.arange(1, 6), [1, 2, np.nan, np.inf, 1]))
    assert "NaN" in chart.hover(3)
    assert "∞" in chart.hover(4)


def test_a_logarithmic_axis_makes_decay_a_straight_line(page, site, watch):
    at = np.arange(0, 401)
    chart = Chart(page, site, frame(at, 10.0 ** (-at / 100)))

    def middle(step):
        rows = np.flatnonzero(drawn_in(chart.column(step, 0), BLUE).any(1))
        return rows.mean()

    assert middle(200) > 0.9 * chart.over["height"], "linear: a hundredth lies at the foot"
    page.get_by_role("radio", name="log").click()
    page.wait_for_timeout(150)
    assert middle(200) == pytest.approx((middle(20) + middle(380)) / 2, abs=2)
    watch.clean()


def test_a_logarithmic_axis_says_what_it_leaves_out(page, site):
    Chart(page, site, frame(np.arange(1, 6), [1, 0.1, 0, -1, 0.5]), scale="log")
    expect(page.locator(".jx-chart-note")).to_have_text("2 values are 0 or less, which a logarithmic axis cannot show.")


def test_smoothing_keeps_the_raw_curve(page, site, watch):
    at = np.arange(1, 401)
    loss = np.full(400, 0.2)
    loss[99] = 5.0
    chart = Chart(page, site, frame(at, loss))
    before = chart.column(100)
    slider = page.get_by_role("slider", name="Smoothing")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".jx-smooth-amount")).to_have_text("50 steps")
    page.wait_for_timeout(150)
    after = chart.column(100)
    height = chart.over["height"]
    faint = (after[: int(0.15 * height), :, 3] > 0) & (
        after[: int(0.15 * height), :, 2] > after[: int(0.15 * height), :, 0] + 20
    )
    assert faint.any(), "the spike is still there, fainter"
    assert after[: int(0.15 * height), :, 3].max() < before[: int(0.15 * height), :, 3].max()
    assert drawn_in(chart.column(110, 0), BLUE, 200).any(), "the smoothed line, in full colour"
    watch.clean()


def test_dragging_zooms_and_a_double_click_shows_all_again(page, site, watch):
    at = np.arange(0, 1001)
    chart = Chart(page, site, frame(at, at.astype(float)))
    box = chart.over
    y = box["y"] + 100
    page.mouse.move(box["x"] + 0.4 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], y, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Whole run")).to_be_visible()
    page.mouse.move(chart.over["x"] + 2, y)
    expect(page.locator(".jx-hover-title")).to_have_text(re.compile(r"step 40[0-2]"))
    page.mouse.dblclick(box["x"] + 0.5 * box["width"], y)
    expect(page.get_by_role("button", name="Whole run")).to_be_hidden()
    page.mouse.move(box["x"] + 2, y)
    expect(page.locator(".jx-hover-title")).to_have_text(re.compile(r"step [0-4]$"))
    watch.clean()


def test_the_arrow_keys_read_the_values(page, site):
    Chart(page, site, frame(np.arange(1, 11), np.arange(1, 11) / 4))
    page.locator(".jx-chart-stage").focus()
    page.keyboard.press("End")
    expect(page.locator(".jx-chart-hover")).to_contain_text("2.5")
    page.keyboard.press("Home")
    expect(page.locator(".jx-chart-hover")).to_contain_text("0.25")
    page.keyboard.press("Escape")
    expect(page.locator(".jx-chart-hover")).to_be_hidden()


def test_other_metrics_can_be_picked(page, site, watch):
    page.goto(site.add("metrics.html", page_of(sample.everything(), "run")))
    metric = page.get_by_role("combobox", name="Metric")
    expect(metric.get_by_role("option")).to_have_text(
        ["Loss", "Accuracy", "Learning rate", "Gradient norms", "Parameter norms", "Update ratios"]
    )
    metric.select_option("Gradient norms")
    page.locator(".jx-chart-stage").focus()
    page.keyboard.press("End")
    for name in ("hidden/w", "hidden/b", "output/w", "output/b"):
        expect(page.locator(".jx-chart-hover")).to_contain_text(name)
    watch.clean()


def test_runs_are_told_apart_by_more_than_colour_and_can_be_hidden(page, site, watch):
    records = sample.everything() | {
        "runs": sample.runs("adam", "sgd, learning rate 0.1"),
        "frame/2": sample.curve("2"),
    }
    page.goto(site.add("runs.html", page_of(records, "run")))
    shapes = page.locator(".jx-runs .jx-swatch path:last-child").evaluate_all(
        "(all) => all.map((each) => each.getAttribute('d'))"
    )
    assert len(set(shapes)) == 2
    page.locator(".jx-chart-stage").focus()
    page.keyboard.press("End")
    expect(page.locator(".jx-chart-hover")).to_contain_text("sgd, learning rate 0.1, train")
    page.get_by_role("button", name="sgd, learning rate 0.1").click()
    page.locator(".jx-chart-stage").focus()
    page.keyboard.press("End")
    expect(page.locator(".jx-chart-hover")).not_to_contain_text("sgd")
    watch.clean()
