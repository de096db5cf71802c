"""How hard each example pulls: the length of its gradient, and how much of it goes along the mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.views.figures import COLOURS
from explorer.views.layout import told

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def examples_figure(
    words: str, parameter: str | None, rows: np.ndarray, norms: np.ndarray, along: np.ndarray
) -> Figure:
    """Return the gradient of each example, the longest first.

    Args:
      words: what was found.
      parameter: whose gradient; None for all together.
      rows: i32[B], the examples.
      norms: f64[B], of their gradients, descending.
      along: f64[B], of that along the mean gradient.
    """
    import plotly.graph_objects as go

    figure = go.Figure(
        layout=told(
            f"The gradient of each example, {parameter or 'all parameters'}",
            words,
            height=300,
            xaxis={"title": "examples, the longest gradient first", "separatethousands": True},
            yaxis={"title": "length of the gradient"},
            legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
            bargap=0,
        )
    )
    rank = np.arange(1, len(rows) + 1)
    hover = "example %{customdata:,}: %{y:.3g}<extra></extra>"
    for name, values, colour in (("whole length", norms, COLOURS[5]), ("along the mean gradient", along, COLOURS[0])):
        line = {"color": colour, "shape": "hvh", "width": 2}
        fill = "tozeroy" if values is norms else None
        figure.add_trace(go.Scatter(x=rank, y=values, name=name, mode="lines", line=line, fill=fill, customdata=rows))
    figure.update_traces(hovertemplate=hover)
    return figure
