"""The gradients view draws what the records say: live figures, verdicts, numbers, pictures and histograms."""

from __future__ import annotations

import re
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from playwright.sync_api import expect
from view_page import ViewPage, plain

from explorer.gradients.summary import gradient_record
from explorer.records import Record

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
OpenView = Callable[..., ViewPage]

SHAPES = {"hidden/b": (24,), "hidden/w": (784, 24), "out/b": (3,), "out/w": (24, 3)}
UNIT = 7
BLUE, RED, NOT_FINITE = [5, 48, 97], [103, 0, 31], [255, 0, 200]  # the ends of the light map, and its alarm


def objective(params: dict[str, jax.Array], images: jax.Array, labels: jax.Array) -> jax.Array:
    hidden = jax.nn.relu(images @ params["hidden/w"] + params["hidden/b"])
    scores = jax.nn.log_softmax(hidden @ params["out/w"] + params["out/b"])
    return -jnp.mean(scores[jnp.arange(len(labels)), labels])


@pytest.fixture(scope="module")
def gradients() -> dict[str, np.ndarray]:
    """Real gradients of a small network; one value of out/w is made NaN and one infinite."""
    keys = jax.random.split(jax.random.key(0), 6)
    params = {name: 0.1 * jax.random.normal(key, SHAPES[name]) for name, key in zip(SHAPES, keys, strict=False)}
    images = jax.random.uniform(keys[4], (16, 784))
    labels = jax.random.randint(keys[5], (16,), 0, 3)
    found = {name: np.array(value) for name, value in jax.grad(objective)(params, images, labels).items()}
    found["out/w"][4, 2], found["out/w"][5, 1] = np.nan, np.inf
    return found


STEPS = np.arange(10, 210, 10, dtype=np.uint32)
LATEST = {  # gradient norm, parameter norm, update to parameter
    "hidden/b": (3.214e-3, 0.0, np.nan),
    "hidden/w": (0.1234567, 12.3456, 1.1e-3),
    "out/b": (0.02, 0.5, 3.67e-6),
    "out/w": (np.nan, 4.0, 0.25),
}


def frame() -> Record:
    series, buffers = [], {}
    for name, latest in LATEST.items():
        for kind, value in zip(("grad_norm", "param_norm", "update_ratio"), latest, strict=True):
            values = np.linspace(1.0, 2.0, len(STEPS), dtype=np.float32)
            values[-1] = value
            buffers |= {f"{len(series)}/steps": STEPS, f"{len(series)}/values": values}
            series.append({"name": f"{kind}/{name}", "group": "diagnostic"})
    return Record("frame", {"run": "1", "reset": True, "series": series, "events": []}, buffers)


@pytest.fixture(scope="module")
def records(gradients: dict[str, np.ndarray]) -> dict[str, Record]:
    image = {"hidden/w": [28, 28]}
    listed = [
        {"name": n, "shape": list(v.shape), "dtype": "float32", "size": v.size, "image": image.get(n)}
        for n, v in gradients.items()
    ]
    found = {"parameters": Record("parameters", {"run": "1", "parameters": listed}), "frame": frame()}
    for name, values in gradients.items():
        found[f"gradient/{name}"] = gradient_record("1", 200, name, values, image.get(name))
    return found


def names(view: ViewPage) -> list[str]:
    return [row.get_attribute("data-name") or "" for row in view.find(".jx-grads tbody tr").all()]


def figures(view: ViewPage) -> dict[str, tuple[str, str]]:
    """The summary on screen: name to (text, title)."""
    return {
        each.locator("dt").inner_text(): (
            each.locator("dd").inner_text(),
            each.locator("dd").get_attribute("title") or "",
        )
        for each in view.find(".jx-grad-summary .jx-figure").all()
    }


def pixels(view: ViewPage, selector: str) -> np.ndarray:
    """The pixels of a canvas, uint8[height, width, 4]."""
    width, height, data = view.find(selector).evaluate(
        """(canvas) => [canvas.width, canvas.height,
          [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data]]"""
    )
    return np.array(data, np.uint8).reshape(height, width, 4)


def test_the_table_shows_the_latest_values(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("gradients", records)
    assert names(view) == list(SHAPES)
    for name, (grad, param, ratio) in LATEST.items():
        cells = view.find(f"tr[data-name='{name}'] td")
        for cell, value, scale in ((cells.nth(1), grad, 1), (cells.nth(3), param, 1), (cells.nth(4), ratio, 100)):
            if np.isfinite(value):
                assert np.float32(plain(cell.get_attribute("title"))) == np.float32(value)
                assert plain(cell.inner_text()) == pytest.approx(value * scale, rel=5e-3)
            else:
                assert cell.inner_text() == "✕ NaN"
                assert cell.get_attribute("title") == "not finite"


def test_verdicts_state_the_rule(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("gradients", records)
    words = {name: view.find(f"tr[data-name='{name}'] .jx-verdict") for name in SHAPES}
    assert "still zero" in words["hidden/b"].inner_text()
    assert "✓healthy" in words["hidden/w"].inner_text().replace("\n", "")
    assert "hardly learning" in words["out/b"].inner_text()
    told = (words["out/b"].get_attribute("title") or "").replace("\u00a0", " ")
    assert "0.000367 % of its size each step (healthy is about 0.1 %)" in told
    assert "✕gradient not finite" in words["out/w"].inner_text().replace("\n", "")


def test_new_values_arrive_live(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("gradients", records)
    cell = view.find("tr[data-name='hidden/w'] td").nth(1)
    assert cell.inner_text() == "0.123"
    changed = frame()
    changed.buffers["3/values"][-1] = 4.5  # type: ignore[index]
    view.put({"frame": changed})
    expect(cell).to_have_text("4.5")  # figures follow at a pace that can be read


def test_the_trend_marks_what_is_not_finite(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("gradients", records)
    broken, whole = (view.find(f"tr[data-name='{name}'] svg.jx-spark") for name in ("out/w", "hidden/b"))
    width, stroke = broken.locator(".jx-spark-broken").evaluate(
        "(path) => [path.getBBox().width, getComputedStyle(path).stroke]"
    )
    assert width >= 5, "a cross over the step"
    red, *others = map(int, re.findall(r"\d+", stroke)[:3])
    assert red > 150
    assert max(others) < 90
    assert whole.locator(".jx-spark-broken").evaluate("(path) => path.getBBox().width") == 0
    assert whole.locator("path").first.evaluate("(path) => path.getBBox().width") > 50, "the line runs over the steps"


@pytest.mark.parametrize(
    ("column", "down"),
    [
        ("Gradient norm", ["out/w", "hidden/w", "out/b", "hidden/b"]),
        ("Parameter norm", ["hidden/w", "out/w", "out/b", "hidden/b"]),
        ("Shape", ["hidden/w", "out/w", "hidden/b", "out/b"]),
    ],
)
def test_columns_sort_both_ways(open_view: OpenView, records: dict[str, Record], column: str, down: list[str]) -> None:
    view = open_view("gradients", records)
    view.root.get_by_role("button", name=column).click()
    view.settle()
    assert names(view) == down
    assert view.find("th[aria-sort]").get_attribute("aria-sort") == "descending"
    view.root.get_by_role("button", name=column).click()
    view.settle()
    assert names(view) == down[::-1]


def test_a_row_opens_by_click_and_by_key_and_closes(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("gradients", records)
    assert "Choose a parameter" in view.status().inner_text()
    view.find("tr[data-name='out/b']").click()
    view.settle()
    assert view.ui()["parameter"] == "out/b"
    assert view.find(".jx-grad-title b").inner_text() == "out/b"
    view.root.get_by_role("button", name="out/b").focus()
    view.page.keyboard.press("ArrowUp")
    view.settle()
    view.page.keyboard.press("Enter")
    view.settle()
    assert view.find(".jx-grad-title b").inner_text() == "hidden/w"
    view.page.keyboard.press("Escape")
    view.settle()
    assert view.ui()["parameter"] is None
    assert not view.find(".jx-grad-values").is_visible()
    assert view.sent() == [["select_parameter", {"parameter": name}] for name in ("out/b", "hidden/w", None)]


def test_a_small_gradient_is_its_numbers(
    open_view: OpenView, records: dict[str, Record], gradients: dict[str, np.ndarray]
) -> None:
    for name in ("out/b", "hidden/b"):
        view = open_view("gradients", records, ui={"parameter": name})
        cells = view.find(".jx-numbers td[title]").all()
        shown = [(cell.get_attribute("title") or "").split(" = ") for cell in cells]
        assert [place for place, _ in shown] == [f"[{i}]" for i in range(gradients[name].size)]
        assert np.array([float(text) for _, text in shown], np.float32).tolist() == gradients[name].tolist()
        assert [plain(cell.inner_text()) for cell in cells] == pytest.approx(gradients[name].tolist(), rel=5e-3)


def test_a_small_matrix_has_its_indices_and_its_nan(open_view: OpenView, records: dict[str, Record]) -> None:
    values = np.array([[1.5, -2.25, np.nan], [0.125, 1e-9, -3e8]], np.float32)
    listed = [{"name": "w", "shape": [2, 3], "dtype": "float32", "size": 6, "image": None}]
    small = {
        "parameters": Record("parameters", {"run": "1", "parameters": listed}),
        "gradient/w": gradient_record("1", 3, "w", values),
    }
    view = open_view("gradients", small, ui={"parameter": "w"})
    assert view.find(".jx-numbers thead th").all_inner_texts() == ["0", "1", "2"]
    assert view.find(".jx-numbers tbody th").all_inner_texts() == ["0", "1"]
    assert view.find(".jx-numbers td[title]").all_inner_texts() == [
        "1.5", "−2.25", "✕ NaN", "0.125", "1.00e−9", "−3.00e8",
    ]  # fmt: skip
    assert view.find(".jx-numbers .jx-broken").get_attribute("title") == "[0, 2] is not finite"
    assert "1 value is not finite: [0, 2]" in view.find(".jx-grad-values > .jx-broken").inner_text()


def test_a_scalar_is_one_number(open_view: OpenView) -> None:
    listed = [{"name": "b", "shape": [], "dtype": "float32", "size": 1, "image": None}]
    view = open_view(
        "gradients",
        {
            "parameters": Record("parameters", {"run": "1", "parameters": listed}),
            "gradient/b": gradient_record("1", 0, "b", np.array(-0.33333334, np.float32)),
        },
        ui={"parameter": "b"},
    )
    assert np.float32(view.find(".jx-scalar").inner_text()) == np.float32(-0.33333334)


def test_the_summary_is_the_records(open_view: OpenView, records: dict[str, Record]) -> None:
    for name in ("hidden/w", "out/w"):
        view = open_view("gradients", records, ui={"parameter": name})
        told = records[f"gradient/{name}"].header["summary"]
        shown = figures(view)
        named = {"Norm": "norm", "Smallest": "min", "Largest": "max", "Mean": "mean", "Spread": "std"}
        for label, key in named.items():
            if told[key] is None:
                assert shown[label] == ("–", "not a finite number")
            else:
                assert np.float32(plain(shown[label][1])) == np.float32(told[key])
                assert plain(shown[label][0]) == pytest.approx(told[key], rel=5e-3)
        assert plain(shown["Not finite"][0]) == told["nonfinite"]


def test_planted_cells_have_their_colours(
    open_view: OpenView, records: dict[str, Record], gradients: dict[str, np.ndarray]
) -> None:
    values = gradients["out/w"].copy()
    values[2, 1], values[20, 0] = 5.0, -5.0
    record = gradient_record("1", 200, "out/w", values)
    view = open_view("gradients", {**records, "gradient/out/w": record}, ui={"parameter": "out/w"})
    image = pixels(view, ".jx-heat-canvas")
    assert image.shape == (3, 24, 4)  # taller than wide, so it lies on its side
    assert image[1, 2, :3].tolist() == RED
    assert image[0, 20, :3].tolist() == BLUE
    assert image[2, 4, :3].tolist() == image[1, 5, :3].tolist() == NOT_FINITE
    assert view.find(".jx-heat-ends span").all_inner_texts() == ["−5", "0", "5"]
    assert "2 values are not finite: [4, 2], [5, 1]" in view.find(".jx-grad-values > .jx-broken").inner_text()


def test_hover_reads_a_cell_and_click_keeps_it(
    open_view: OpenView, records: dict[str, Record], gradients: dict[str, np.ndarray]
) -> None:
    view = open_view("gradients", records, ui={"parameter": "out/w"})
    box = view.find(".jx-heat-canvas").bounding_box()
    assert box is not None

    def at(row: int, column: int) -> dict[str, float]:
        return {"x": (row + 0.5) * box["width"] / 24, "y": (column + 0.5) * box["height"] / 3}

    readout = view.find(".jx-heat > .jx-heat-readout")
    view.find(".jx-heat-canvas").hover(position=at(13, 2))
    view.settle()
    place, value = readout.inner_text().split(" = ")
    assert place == "[13, 2]"
    assert np.float32(value) == gradients["out/w"][13, 2]
    view.find(".jx-heat-canvas").click(position=at(3, 1))
    view.settle()
    view.find(".jx-grad-title").hover()
    view.settle()
    assert readout.inner_text().startswith("[3, 1] = ")
    view.find(".jx-heat-canvas").press("ArrowRight")
    view.settle()
    assert readout.inner_text().startswith("[4, 1] = ")
    view.find(".jx-heat-canvas").press("ArrowDown")
    view.settle()
    assert readout.inner_text() == "[4, 2] = ✕ NaN, not finite"
    view.find(".jx-heat-canvas").press("Escape")
    view.settle()
    assert "Point at a cell" in readout.inner_text()
    assert view.ui()["parameter"] == "out/w"


def test_the_unit_picker_shows_the_right_column(
    open_view: OpenView, records: dict[str, Record], gradients: dict[str, np.ndarray]
) -> None:
    view = open_view("gradients", records, ui={"parameter": "hidden/w"})
    picture = gradients["hidden/w"][:, UNIT].reshape(28, 28)
    view.root.get_by_role("spinbutton", name="Number of the unit").fill(str(UNIT))
    view.page.keyboard.press("Enter")
    view.settle()
    assert view.root.get_by_role("slider", name="Unit").input_value() == str(UNIT)
    image = pixels(view, ".jx-heat-canvas")
    assert image.shape == (28, 28, 4)
    row, column = np.unravel_index(np.abs(picture).argmax(), picture.shape)
    assert image[row, column, :3].tolist() == (RED if picture[row, column] > 0 else BLUE)
    warm = image[..., 0].astype(int) - image[..., 2]  # the sign of every one of the 784 values
    clear = np.abs(picture) > 0.05 * np.abs(picture).max()
    assert clear.sum() > 100
    assert (np.sign(warm) == np.sign(picture))[clear].all()
    view.find(".jx-heat-canvas").focus()
    for key in ("ArrowRight", *("ArrowDown",) * 5, *("ArrowRight",) * 3):
        view.page.keyboard.press(key)
        view.settle()
    place, value = view.find(".jx-heat > .jx-heat-readout").inner_text().split(" = ")
    assert place == f"pixel row 5, column 3: [{5 * 28 + 3}, {UNIT}]"
    assert np.float32(value) == picture[5, 3]


def test_the_sheet_shows_every_unit_and_picks(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("gradients", records, ui={"parameter": "hidden/w"})
    sheet = pixels(view, ".jx-sheet-canvas")
    across = sheet.shape[1] // 30
    for unit in (3, 19):
        left, top = (unit % across) * 30 + 1, (unit // across) * 30 + 1
        view.find(".jx-sheet-canvas").click(position={"x": left + 14, "y": top + 14})
        view.settle()
        assert view.root.get_by_role("spinbutton").input_value() == str(unit)
        tile = sheet[top : top + 28, left : left + 28]
        assert (tile == pixels(view, ".jx-heat-canvas")).all()
    view.root.get_by_role("button", name="Next unit").click()
    view.settle()
    assert view.root.get_by_role("spinbutton").input_value() == "20"


def test_one_scale_for_all_units(
    open_view: OpenView, records: dict[str, Record], gradients: dict[str, np.ndarray]
) -> None:
    view = open_view("gradients", records, ui={"parameter": "hidden/w"})
    end = view.find(".jx-heat-ends span").last
    assert np.float32(end.get_attribute("title")) == np.abs(gradients["hidden/w"][:, 0]).max()
    view.button("scale to each unit").click()
    view.settle()
    assert np.float32(end.get_attribute("title")) == np.abs(gradients["hidden/w"]).max()


def test_a_large_matrix_keeps_its_spike(open_view: OpenView) -> None:
    values = np.random.default_rng(0).normal(0, 1e-3, (900, 2000)).astype(np.float32)
    values[333, 1234] = -7.0
    listed = [{"name": "w", "shape": [900, 2000], "dtype": "float32", "size": values.size, "image": None}]
    record = gradient_record("1", 1, "w", values, shown=1_000_000)
    view = open_view(
        "gradients",
        {"parameters": Record("parameters", {"run": "1", "parameters": listed}), "gradient/w": record},
        ui={"parameter": "w"},
    )
    image = pixels(view, ".jx-heat-canvas")
    rows, columns = np.nonzero((image[..., :3] == BLUE).all(-1))
    factor = -(-2000 // image.shape[1])
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [(333 // factor, 1234 // factor)]
    assert "no spike is lost" in view.find(".jx-heat").inner_text()
    assert "Showing the first 1,000,000 of 1,800,000 values" in view.find(".jx-grad-values").inner_text()
    assert (image[-1, :, 3] == 0).all()  # what was not sent is not painted


def test_the_histogram_counts(open_view: OpenView, records: dict[str, Record]) -> None:
    record = records["gradient/hidden/w"]
    counts = np.asarray(record.buffers["counts"])
    view = open_view("gradients", records, ui={"parameter": "hidden/w"})
    heights = [float(bar.get_attribute("height") or 0) for bar in view.find(".jx-hist-bar").all()]
    assert heights == pytest.approx((counts / counts.max() * max(heights)).tolist(), abs=1e-3)
    fullest = int(counts.argmax())
    view.find(f".jx-hist-hit[data-bin='{fullest}']").hover()
    view.settle()
    assert view.find(".jx-hist-box .jx-heat-readout").inner_text().startswith(f"{counts.max():,} of ")
    view.button("log counts").click()
    view.settle()
    logarithmic = [float(bar.get_attribute("height") or 0) for bar in view.find(".jx-hist-bar").all()]
    wanted = np.log10(1 + counts) / np.log10(1 + counts.max()) * max(logarithmic)
    assert logarithmic == pytest.approx(wanted.tolist(), abs=1e-3)


def test_what_is_missing_is_said(open_view: OpenView, records: dict[str, Record]) -> None:
    bare = {"parameters": records["parameters"]}
    live = open_view("gradients", bare, ui={"parameter": "out/b"})
    assert "come with the next step" in live.status().inner_text()
    assert live.find("tr[data-name='out/b'] td").nth(1).inner_text() == "–"
    page = open_view("gradients", bare, live=False, ui={"parameter": "out/b"})
    assert "saved without the gradient of out/b" in page.status().inner_text()
    empty = open_view("gradients", {})
    assert "will be listed here" in empty.status().inner_text()


def test_in_a_shadow_root_it_is_styled_and_dark(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("gradients", records, shadow=True, scheme="dark", ui={"parameter": "out/w"})
    assert view.find(".jx-grad-columns").evaluate("node => getComputedStyle(node).display") == "grid"
    assert view.page.evaluate("document.head.querySelectorAll('style').length") == 1  # the page's own
    dark = pixels(view, ".jx-heat-canvas")
    assert dark[..., :3].mean() < 100
    view.page.emulate_media(color_scheme="light")
    view.settle()
    view.page.wait_for_timeout(100)
    assert pixels(view, ".jx-heat-canvas")[..., :3].mean() > 150


def test_cleanup_leaves_nothing(open_view: OpenView, records: dict[str, Record]) -> None:
    view = open_view("gradients", records, ui={"parameter": "hidden/w"})
    view.page.evaluate("cleanup()")
    assert view.page.evaluate("[el.childNodes.length, listeners.size]") == [0, 0]
    view.page.emulate_media(color_scheme="dark")
    view.settle()
    view.page.wait_for_timeout(100)


@pytest.mark.parametrize("parameter", ["hidden/w", "out/w", "hidden/b"])
def test_nothing_sticks_out_at_600(open_view: OpenView, records: dict[str, Record], parameter: str) -> None:
    view = open_view("gradients", records, width=600, ui={"parameter": parameter})
    assert view.page.evaluate("document.documentElement.scrollWidth") <= 600
