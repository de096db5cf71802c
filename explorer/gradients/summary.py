"""A gradient as a record: its numbers, a summary and a histogram."""

from __future__ import annotations

import math

import numpy as np

from explorer.records import Record

SHOWN = 1 << 20  # values of one gradient that are sent at most; 4 MB
BINS = 64


def gradient_record(
    run: str,
    step: int,
    parameter: str,
    values: np.ndarray,
    image: list[int] | None = None,
    shown: int = SHOWN,
) -> Record:
    """Return the gradient of one parameter, ready to draw.

    Args:
      run: the run's id.
      step: steps taken when it was measured.
      parameter: its name.
      values: float array in the parameter's shape.
      image: [height, width] where the first axis is a flat picture.
      shown: values that go into the record at most, the first in row-major order.
    """
    flat = np.asarray(values, np.float64).ravel()
    finite = flat[np.isfinite(flat)]
    counts, edges = np.histogram(finite, bins=BINS) if finite.size else (np.zeros(BINS), np.linspace(0, 1, BINS + 1))
    header = {
        "run": run,
        "step": step,
        "parameter": parameter,
        "shape": list(values.shape),
        "dtype": str(values.dtype),
        "image": image,
        "summary": {
            "norm": _number(np.linalg.norm(flat)),
            "min": _number(finite.min()) if finite.size else None,
            "max": _number(finite.max()) if finite.size else None,
            "mean": _number(finite.mean()) if finite.size else None,
            "std": _number(finite.std()) if finite.size else None,
            "nonfinite": int(flat.size - finite.size),
        },
        "shown": min(flat.size, shown),
        "size": flat.size,
    }
    buffers = {
        "values": flat[:shown].astype(np.float32),
        "counts": counts.astype(np.uint32),
        "edges": edges.astype(np.float32),
    }
    return Record("gradient", header, buffers)


def _number(value: float | np.floating) -> float | None:
    return float(value) if math.isfinite(value) else None
