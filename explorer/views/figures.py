"""Still figures with plotly, for what is not streamed: a curve to keep, to style, to put into a paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")  # Okabe and Ito
DASHES = ("solid", "dash", "dot", "dashdot")


def curves_figure(curves: Mapping[str, tuple[np.ndarray, np.ndarray]], title: str, *, log: bool = False) -> Figure:
    """Return curves by step.

    Args:
      curves: name to (steps int[n], values float[n]).
      title: of the figure.
      log: whether the axis of the values is logarithmic.
    """
    import plotly.graph_objects as go

    figure = go.Figure(
        layout={
            "title": title,
            "template": "plotly_white",
            "xaxis": {"title": "step", "separatethousands": True},
            "yaxis": {"type": "log" if log else "linear", "exponentformat": "power"},
            "margin": {"l": 60, "r": 20, "t": 50, "b": 50},
            "height": 360,
        }
    )
    for index, (name, (steps, values)) in enumerate(curves.items()):
        line = {"color": COLOURS[index % len(COLOURS)], "dash": DASHES[index % len(DASHES)], "width": 2}
        figure.add_trace(go.Scatter(x=steps, y=values, name=name, mode="lines", line=line))
    return figure
