"""The loss curves of runs, still: for a picture where nothing can be hovered, so axes and names stand in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from explorer.records import Record
from explorer.views.svg import COLOURS, path, text

COLUMNS = 400  # of a curve: each keeps its lowest and its highest value, so that no spike is lost
NAMES = {"loss": "training loss", "held_out/loss": "held-out loss"}


class Curve(NamedTuple):
    """One series of one run: steps int[n], values float64[n], not finite ones left out."""

    run: str
    series: str
    steps: np.ndarray
    values: np.ndarray


def curves(records: Mapping[str, Record], names: Iterable[str] = NAMES) -> list[Curve]:
    """Return these series of every run, where they have two points or more."""
    wanted = set(names)
    found: dict[tuple[str, str], list[tuple[np.ndarray, np.ndarray]]] = {}
    for record in records.values():
        for index, series in enumerate(record.header["series"] if record.kind == "frame" else ()):
            if series["name"] in wanted:
                piece = (np.asarray(record.buffers[f"{index}/{part}"]) for part in ("steps", "values"))
                found.setdefault((record.header["run"], series["name"]), []).append((*piece,))  # type: ignore[arg-type]
    drawn = []
    for (run, name), pieces in found.items():
        steps, values = (np.concatenate(arrays).astype(np.float64) for arrays in zip(*pieces, strict=True))
        finite = np.isfinite(values)
        if finite.sum() > 1:
            drawn.append(Curve(run, name, steps[finite], values[finite]))
    return drawn


def plot(
    drawn: list[Curve], names: Mapping[str, str], left: float, top: float, width: float, height: float
) -> list[str]:
    """Return the curves with their axes and names. The loss is on a logarithmic axis where all of it is above 0.

    Args:
      drawn: at least one curve.
      names: of the runs, by id.
      left, top, width, height: of the whole, pixels.
    """
    log = all((curve.values > 0).all() for curve in drawn)
    heights = [np.log10(curve.values) if log else curve.values for curve in drawn]
    low, high = min(h.min() for h in heights), max(h.max() for h in heights)
    span, last = (high - low) or 1.0, max(curve.steps[-1] for curve in drawn)
    x0, y0, inner, tall = left + 64, top + 24, width - 72, height - 24 - 44

    def x_of(steps: np.ndarray | float) -> np.ndarray:
        return x0 + inner * np.asarray(steps) / last

    def y_of(values: np.ndarray | float) -> np.ndarray:
        return y0 + tall * (high - np.asarray(values)) / span

    body = []
    for value in _ticks(low, high, log):
        y = float(y_of(value))
        body.append(path(f"M{x0:.1f} {y:.1f}h{inner:.1f}"))
        body.append(text(x0 - 8, y + 4, f"{10**value if log else value:.3g}", 11, quiet=True, anchor="end"))
    for step, anchor in ((0, "start"), (last / 2, "middle"), (last, "end")):
        body.append(text(float(x_of(step)), y0 + tall + 18, f"{step:,.0f}", 11, quiet=True, anchor=anchor))
    body.append(text(x0 + inner / 2, y0 + tall + 36, "step", 11, quiet=True, anchor="middle"))
    body.append(text(x0 - 8, top + 10, "loss, logarithmic" if log else "loss", 11, quiet=True))
    order = {run: index for index, run in enumerate(dict.fromkeys(curve.run for curve in drawn))}
    at = x0 + inner
    for curve, values in reversed(list(zip(drawn, heights, strict=True))):
        held_out = curve.series == "held_out/loss"
        stroke = f'class="curve c{order[curve.run] % COLOURS}" stroke-width="{2 if held_out else 1.5}"'
        stroke += ' stroke-dasharray="6 4"' if held_out else ""
        steps, kept = _thinned(curve.steps, values)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(x_of(steps), y_of(kept), strict=True))
        body.append(f'<polyline points="{points}" {stroke}/>')
        if len(order) == 1:  # the names of two curves stand above them; those of many runs have a line of their own
            words = NAMES[curve.series]
            at -= 6.2 * len(words)
            body.append(text(at, top + 10, words, 11, quiet=True))
            body.append(f'<path d="M{at - 30:.1f} {top + 6:.1f}h24" {stroke}/>')
            at -= 46
    return body if len(order) == 1 else body + _key(order, names, left + width - 8, top + 10)


def _ticks(low: float, high: float, log: bool) -> np.ndarray:
    """Return three or more round values from low to high; powers of ten where log."""
    if log and np.floor(high) - np.ceil(low) >= 1:
        decades = np.arange(np.ceil(low), np.floor(high) + 1)
        return decades[:: -(-len(decades) // 6)]
    return np.linspace(low, high, 4)


def _thinned(steps: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what can be seen: of each column of the picture the lowest and the highest value."""
    if len(steps) <= 2 * COLUMNS:
        return steps, values
    column = ((steps - steps[0]) / (steps[-1] - steps[0]) * (COLUMNS - 1)).astype(int)
    firsts = np.flatnonzero(np.diff(column, prepend=-1))
    pieces = zip(firsts, [*firsts[1:], len(steps)], strict=True)
    keep = [i for a, b in pieces for i in sorted({a + values[a:b].argmin(), a + values[a:b].argmax()})]
    return steps[keep], values[keep]


def _key(order: Mapping[str, int], names: Mapping[str, str], right: float, y: float) -> list[str]:
    """Return the names of several runs beside their colours, the first ones where there are many."""
    shown, body = list(order)[:4], []
    for run in reversed(shown):
        words = names.get(run, run)
        words = words if len(words) <= 24 else f"{words[:23]}…"
        right -= 6.2 * len(words)
        body.append(text(right, y, words, 11, quiet=True))
        body.append(
            f'<path class="curve c{order[run] % COLOURS}" d="M{right - 20:.1f} {y - 4:.1f}h14" stroke-width="3"/>'
        )
        right -= 34
    return body
