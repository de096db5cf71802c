"""A still picture of the curves, for where widgets and scripts do not run: one SVG, made from records alone."""

from __future__ import annotations

import html
from collections.abc import Mapping

import numpy as np

from explorer.records import Record

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 320, 64, 56, 36
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe and Ito


def picture(records: Mapping[str, Record]) -> str:
    """Return an SVG with the title, the state of the run and the loss curves on a logarithmic axis.

    Args:
      records: by key, as a panel's snapshot gives them.
    """
    about, status = records.get("about"), records.get("status")
    title = f"{about.header['title']}: {about.header['subtitle']}" if about else "JAX Explorer"
    curves = _curves(records)
    state = f"{status.header['status']}, step {status.header['step']:,} of {status.header['steps']:,}" if status else ""
    if status and not curves:
        state += ". Run the cell in JupyterLab to see it live."
    body = [_text(16, 26, title, 16, "bold"), _text(16, 46, state, 12), *_plot(curves)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="system-ui, sans-serif" role="img"><title>{html.escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(body)}</svg>'
    )


def _curves(records: Mapping[str, Record]) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Return (name, steps, values) of the losses that can stand on a logarithmic axis."""
    found: dict[tuple[str, str], list[tuple[np.ndarray, np.ndarray]]] = {}
    for key, record in records.items():
        if key.split("/")[0] == "frame":
            for index, series in enumerate(record.header["series"]):
                if series["name"] in ("loss", "held_out/loss"):
                    steps, values = record.buffers[f"{index}/steps"], record.buffers[f"{index}/values"]
                    assert isinstance(steps, np.ndarray)
                    assert isinstance(values, np.ndarray)
                    found.setdefault((record.header["run"], series["name"]), []).append((steps, values))
    curves = []
    for (_, name), pieces in found.items():
        steps, values = (np.concatenate(arrays) for arrays in zip(*pieces, strict=True))
        drawn = np.isfinite(values) & (values > 0)
        if drawn.sum() > 1:
            curves.append((name.replace("held_out/loss", "held-out loss"), steps[drawn], values[drawn]))
    return curves


def _plot(curves: list[tuple[str, np.ndarray, np.ndarray]]) -> list[str]:
    if not curves:
        return []
    last = max(float(steps[-1]) for _, steps, _ in curves) or 1.0
    logs = [np.log10(values.astype(np.float64)) for _, _, values in curves]
    low, high = min(v.min() for v in logs), max(v.max() for v in logs)
    span = (high - low) or 1.0
    width, height = WIDTH - LEFT - 24, HEIGHT - TOP - BOTTOM - 16

    def place(step: float, log: float) -> tuple[float, float]:
        return LEFT + width * step / last, TOP + 16 + height * (high - log) / span

    drawn = []
    for decade in range(int(np.ceil(low)), int(np.floor(high)) + 1):
        _, y = place(0, decade)
        drawn.append(f'<path d="M{LEFT} {y:.1f}H{LEFT + width}" stroke="#dddddd"/>')
        drawn.append(_text(LEFT - 8, y + 4, f"{10.0**decade:g}", 11, anchor="end"))
    for step in (0, last / 2, last):
        drawn.append(_text(place(step, low)[0], HEIGHT - 12, f"{step:,.0f}", 11, anchor="middle"))
    for index, ((name, steps, _), log) in enumerate(zip(curves, logs, strict=True)):
        keep = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), 600)).astype(int))
        points = " ".join("{:.1f},{:.1f}".format(*place(float(steps[i]), float(log[i]))) for i in keep)
        dash = ' stroke-dasharray="6 4"' if "held" in name else ""
        colour = COLOURS[index // 2 % len(COLOURS)]
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"{dash}/>')
    drawn.append(_text(LEFT + width, TOP + 8, "solid: training loss, dashed: held-out loss", 11, anchor="end"))
    return drawn


def _text(x: float, y: float, text: str, size: int, weight: str = "normal", anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="#333333">{html.escape(text)}</text>'
    )
