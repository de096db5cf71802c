"""What the catalog's entries look like: kernels as small pictures, classes by mark and colour, text as text."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from view_page import ViewPage

from explorer.catalog import registry
from explorer.catalog.pictures import data_record
from explorer.gradients.summary import gradient_record
from explorer.records import Record

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
OpenView = Callable[..., ViewPage]


def _opened(open_view: OpenView, name: str, values: np.ndarray, image: list[int]) -> ViewPage:
    """The gradients view with one parameter chosen."""
    about = {"name": name, "shape": list(values.shape), "dtype": "float32", "size": values.size, "image": image}
    records = {
        "parameters": Record("parameters", {"run": "1", "parameters": [about]}),
        f"gradient/{name}": gradient_record("1", 5, name, values, image),
    }
    return open_view("gradients", records, ui={"parameter": name})


def test_the_kernels_of_a_convolution_are_small_pictures(open_view: OpenView) -> None:
    values = np.random.default_rng(0).normal(size=(3, 3, 2, 5)).astype(np.float32)
    view = _opened(open_view, "conv1/w", values, [3, 3])
    words = view.root.inner_text()
    assert "Each kernel: 9 values as a picture of 3 × 3" in words
    assert "All 10 kernels" in words
    sheet = view.find(".jx-sheet-canvas")
    box = sheet.bounding_box()
    assert box is not None
    across, width = 10, box["width"] / 10
    assert width >= 20  # CSS pixels: a kernel of nine values can be seen
    assert sheet.evaluate("(canvas) => canvas.width") == across * 5  # three values and a gap of two
    sheet.click(position={"x": 7.5 * width, "y": box["height"] / 2})
    assert view.find(".jx-unit-number").input_value() == "7"
    view.find(".jx-heat-canvas").press("ArrowRight")
    view.find(".jx-heat-canvas").press("ArrowRight")
    read = view.find(".jx-heat .jx-heat-readout").inner_text()
    assert "row 0, column 1: [0, 1, 1, 2]" in read  # kernel 7 is that of input 1 and output 2
    shown = float(read.rpartition("=")[2].replace("\u2212", "-").replace("\u00a0", ""))
    assert shown == pytest.approx(values[0, 1, 1, 2], rel=1e-5)


def test_the_weights_of_a_decoder_are_what_each_unit_draws(open_view: OpenView) -> None:
    view = _opened(open_view, "decoder2/w", np.ones((4, 64), np.float32), [8, 8])
    assert "What each unit feeds: 64 values as a picture of 8 × 8" in view.root.inner_text()


def test_classes_are_told_apart_by_mark_and_colour(open_view: OpenView) -> None:
    view = open_view("learn", {"data": data_record(registry.dataset("gaussians"))})
    labels = registry.dataset("gaussians").train["y"][:400]
    for label in range(3):
        marks = view.find(f".jx-scatter[role=img] .jx-class-{label}")
        assert marks.count() == (labels == label).sum()
    shapes = {view.find(f".jx-scatter[role=img] .jx-class-{label}").first.get_attribute("d") for label in range(3)}
    assert len(shapes) == 3
    assert view.find(".jx-scatter-key li").all_inner_texts() == ["0", "1", "2"]
    said = view.find(".jx-scatter[role=img]").get_attribute("aria-label") or ""
    assert "x[1] by x[0], marked by class: 0, 1, 2" in said


def test_text_pixels_and_named_columns(open_view: OpenView) -> None:
    view = open_view("learn", {"data": data_record(registry.dataset("sonnets"))})
    assert view.find(".jx-data-text").first.inner_text().startswith("From fairest creatures we desire increase,")
    view.put({"data": data_record(registry.dataset("pixels", {"side": 16}))})
    assert view.find(".jx-scatter rect").count() == 128
    assert "black is 0" in view.root.inner_text()
    view.put({"data": data_record(registry.dataset("iris"))})
    heads = view.find(".jx-preview thead th").all_inner_texts()
    assert heads == ["sepal length", "sepal width", "petal length", "petal width", "y"]
