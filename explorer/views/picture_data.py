"""A model and its data, still: what goes in, the parameters, what comes out, and real examples."""

from __future__ import annotations

import numpy as np

from explorer.records import Record
from explorer.views.svg import COLOURS, box, grey_image, path, text

LAYERS, ROW = 6, 44  # boxes of layers at most, and the height of one with the way to the next


def model(record: Record, left: float, top: float, width: float) -> tuple[list[str], float]:
    """Return the layers as boxes from above to below, and the height that they take."""
    header = record.header
    body = [text(left, top + 10, f"Model: {header['count']:,} parameters", 12, bold=True, room=width)]
    layers, y = list(header["layers"]), top + 22
    if len(layers) > LAYERS:
        more = {"name": "…", "shape": None, "text": f"{len(layers) - LAYERS + 1} more"}
        layers = [*layers[: LAYERS - 2], more, layers[-1]]
    for index, layer in enumerate(layers):
        if index:
            body.append(path(f"M{left + 24} {y - 12}v10m-4 -4l4 4l4 -4"))
        body.append(box(left, y, width, ROW - 12))
        shape = " × ".join(map(str, layer["shape"])) if layer["shape"] else ""
        name = f"{layer['name']}  {shape}".rstrip()
        taken = 7.6 * min(len(name), 24)
        body.append(text(left + 10, y + 20, name, 12, bold=True, room=24 * 7.6))
        body.append(
            text(left + width - 10, y + 20, layer["text"], 11, quiet=True, anchor="end", room=width - taken - 30)
        )
        y += ROW
    return body, y - 12 - top


def data(record: Record, left: float, top: float, width: float) -> tuple[list[str], float]:
    """Return the title, some examples, and the height that they take."""
    header, preview = record.header, record.header["preview"]
    examples = header["fields"][0]["examples"] if header["fields"] else 0
    words = f"Data: {header['title']}, {examples:,} examples to train on" if examples else f"Data: {header['title']}"
    body = [text(left, top + 10, words, 12, bold=True, room=width)]
    drawn, height = _DRAWN[preview["kind"]](record, left, top + 22, width)
    return body + drawn, height + 22


def _images(record: Record, left: float, top: float, width: float) -> tuple[list[str], float]:
    """Return as many pictures as fill a block of about 150 pixels, side by side as one image."""
    images = np.asarray(record.buffers["images"])
    count, high, wide = images.shape
    scale = max(1.0, 42 / wide)
    across = max(1, min(count, int(width // (wide * scale))))
    down = max(1, min(count // across, int(150 // (high * scale))))
    sheet = images[: across * down].reshape(down, across, high, wide).swapaxes(1, 2).reshape(down * high, across * wide)
    return [grey_image(left, top, sheet, scale)], down * high * scale


def _points(record: Record, left: float, top: float, width: float) -> tuple[list[str], float]:
    """Return the points as a scatter plot with the range of each axis."""
    preview, height, edge = record.header["preview"], 150.0, 8.0
    x, y = (np.asarray(record.buffers[name], np.float64)[:200] for name in "xy")
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    body = [box(left, top, width, height)]
    if not len(x):
        return [*body, text(left + 10, top + 20, "No number in it is finite", 11, quiet=True)], height
    px = left + edge + (width - 2 * edge) * (x - x.min()) / (np.ptp(x) or 1)
    py = top + height - edge - (height - 2 * edge) * (y - y.min()) / (np.ptp(y) or 1)
    ink = [_ink(record, index) for index in np.flatnonzero(finite).tolist()]
    body += [f'<circle {c} cx="{a:.1f}" cy="{b:.1f}" r="2"/>' for a, b, c in zip(px, py, ink, strict=True)]
    words = f"{preview['x']} from {x.min():.3g} to {x.max():.3g}, {preview['y']} from {y.min():.3g} to {y.max():.3g}"
    truth = record.header["truth"]
    lines = [words]
    if truth:
        lines.append(", ".join(f"true {name} = {_number(value)}" for name, value in truth.items()))
    body += [text(left, top + height + 16 + 16 * i, line, 11, quiet=True, room=width) for i, line in enumerate(lines)]
    return body, height + 8 + 16 * len(lines)


def _ink(record: Record, index: int) -> str:
    """Return how a point is drawn: in the colour of its class, in the grey of its number, or as all others."""
    if "label" in record.buffers:
        return f'fill="none" stroke-width="2" class="c{int(record.buffers["label"][index]) % COLOURS}"'
    if "shade" in record.buffers:
        grey = round(255 * float(record.buffers["shade"][index]))
        return f'fill="rgb({grey},{grey},{grey})"'
    return 'class="dot"'


def _text(record: Record, left: float, top: float, width: float) -> tuple[list[str], float]:
    """Return the start of a text, line by line."""
    lines = record.header["preview"]["texts"][0].split("\n")[:6]
    body = [text(left, top + 12 + 16 * i, line, 11, mono=True, room=width) for i, line in enumerate(lines)]
    return body, 16.0 * len(lines) + 4


def _table(record: Record, left: float, top: float, width: float) -> tuple[list[str], float]:
    preview = record.header["preview"]
    rows = (
        [preview["columns"], *preview["rows"][:6]] if preview["columns"] else [["it has no examples: a function alone"]]
    )
    room = width / max(1, len(rows[0]))
    body = [
        text(left + room * j, top + 12 + 20 * i, str(cell), 11, mono=True, bold=not i, room=room - 8)
        for i, row in enumerate(rows)
        for j, cell in enumerate(row)
    ]
    return body, 20.0 * len(rows)


_DRAWN = {"images": _images, "points": _points, "table": _table, "text": _text}


def _number(value: object) -> str:
    while isinstance(value, list) and len(value) == 1:
        (value,) = value
    return f"{value:.4g}" if isinstance(value, int | float) else str(value)
