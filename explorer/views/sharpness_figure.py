"""Sharpness by step, with what the learning rate stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.views.figures import COLOURS
from explorer.views.layout import told

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def sharpness_figure(
    words: str, steps: np.ndarray, values: np.ndarray, limits: np.ndarray | None, rule: str | None
) -> Figure:
    """Return sharpness by step.

    Args:
      words: what was found.
      steps: i64[T].
      values: f64[T], the largest eigenvalue at each.
      limits: f64[T], what the optimizer stands, or None.
      rule: how that follows from the learning rate.
    """
    import plotly.graph_objects as go

    figure = go.Figure(
        layout=told(
            "How sharply the loss curves (sharpness)",
            words,
            height=300,
            xaxis={"title": "step", "separatethousands": True},
            yaxis={"title": "largest eigenvalue of the Hessian"},
            legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        )
    )
    line = {"color": COLOURS[0], "width": 2}
    figure.add_trace(go.Scatter(x=steps, y=values, name="sharpness", mode="lines+markers", line=line))
    if limits is not None:
        line = {"color": COLOURS[1], "width": 2, "dash": "dash"}
        figure.add_trace(go.Scatter(x=steps, y=limits, name=rule, mode="lines+markers", marker_symbol="x", line=line))
    return figure
