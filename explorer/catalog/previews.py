"""A few real examples of a data set, in the form that shows them best: pictures, points, text or rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from explorer.catalog.contract import Dataset

IMAGES, POINTS, ROWS, COLUMNS, TEXTS = 24, 400, 12, 12, 4  # shown at most
SHADED = 3200  # points of a picture that is given pixel by pixel

Preview = tuple[dict[str, Any], dict[str, np.ndarray]]  # a header and its buffers


def preview(dataset: Dataset) -> Preview:
    """Return examples as images, points, text or a table.

    Args:
      dataset: its columns and what it says of them decide the form.
    """
    train = dataset.train
    inputs = [train[name] for name in dataset.inputs]
    targets = [name for name in train if name not in dataset.inputs]
    if dataset.decode is not None and len(inputs) == 1:
        return {"kind": "text", "texts": [dataset.decode(row) for row in _spread(inputs[0])]}, {}
    if len(inputs) != 1:
        return _table(dataset)
    if dataset.image:
        return _images(dataset, dataset.image, inputs[0], targets)
    if len(targets) == 1 and train[targets[0]].ndim == 1:
        width = inputs[0][0].size
        found = _curve if width == 1 else _plane if width == 2 else None
        if found is not None and (width == 2 or not dataset.classes):
            return found(dataset, inputs[0], targets[0])
    return _table(dataset)


def _spread(tokens: np.ndarray) -> np.ndarray:
    return tokens[:: max(1, len(tokens) // TEXTS)][:TEXTS]


def _images(dataset: Dataset, image: tuple[int, int], inputs: np.ndarray, targets: list[str]) -> Preview:
    height, width = image
    images = np.asarray(inputs[:IMAGES], np.float64).reshape(-1, height, width)
    span = images.max() - images.min() or 1.0
    grey = ((images - images.min()) / span * 255).astype(np.uint8)
    header: dict[str, Any] = {"kind": "images", "height": height, "width": width}
    if targets:
        header["labels"] = [_label(dataset, value) for value in dataset.train[targets[0]][:IMAGES]]
    return header, {"images": grey}


def _curve(dataset: Dataset, x: np.ndarray, target: str) -> Preview:
    """Return the target by the only input."""
    points = {"x": x[:POINTS].reshape(-1), "y": dataset.train[target][:POINTS]}
    name = dataset.columns[0] if dataset.columns else dataset.inputs[0]
    return {"kind": "points", "x": name, "y": target}, {k: v.astype(np.float32) for k, v in points.items()}


def _plane(dataset: Dataset, x: np.ndarray, target: str) -> Preview:
    """Return the second input by the first, each point marked by its class or shaded by its number."""
    values, name = dataset.train[target], dataset.inputs[0]
    shown = POINTS if dataset.classes else SHADED
    first, second = dataset.columns or (f"{name}[0]", f"{name}[1]")
    header: dict[str, Any] = {"kind": "points", "x": first, "y": second}
    buffers = {"x": x[:shown, 0].astype(np.float32), "y": x[:shown, 1].astype(np.float32)}
    if dataset.classes:
        buffers["label"] = values[:shown].astype(np.uint32)
        header["labels"] = [_label(dataset, value) for value in range(dataset.classes)]
    else:
        low, span = values.min(), np.ptp(values) or 1.0
        buffers["shade"] = ((values[:shown] - low) / span).astype(np.float32)
        header["shade"] = [target, float(values.min()), float(values.max())]
    return header, buffers


def _label(dataset: Dataset, value: Any) -> str:
    return dataset.labels[int(value)] if dataset.labels else str(np.asarray(value).item())


def _table(dataset: Dataset) -> Preview:
    """Return the first rows; an input whose columns have names is shown column by column."""
    columns: list[tuple[str, Any]] = []
    for name, values in dataset.train.items():
        if name in dataset.inputs and dataset.columns:
            shown = dataset.columns[:COLUMNS]
            columns += [(column, values[:ROWS, index]) for index, column in enumerate(shown)]
        elif name not in dataset.inputs and dataset.classes:
            columns.append((name, [_label(dataset, value) for value in values[:ROWS]]))
        else:
            columns.append((name, values[:ROWS]))
    rows = [[_cell(value) for value in row] for row in zip(*(values for _, values in columns), strict=True)]
    return {"kind": "table", "columns": [name for name, _ in columns], "rows": rows}, {}


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return np.array2string(np.asarray(value), precision=3, threshold=8, edgeitems=3)
