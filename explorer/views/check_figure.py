"""The error of a gradient by step size: a V, of truncation on the right and rounding on the left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.views.figures import COLOURS
from explorer.views.layout import told

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

LEAST = 1e-17  # an error of exactly 0 is drawn here: a logarithmic axis has no 0


def check_figure(
    parameter: str, words: str, step_sizes: np.ndarray, errors: np.ndarray, best: int, agrees: float
) -> Figure:
    """Return relative error by step size, both logarithmic.

    Args:
      parameter: its name.
      words: what was found.
      step_sizes: f64[S], descending.
      errors: f64[S].
      best: index of the least error.
      agrees: the greatest error of a gradient that is right.
    """
    import plotly.graph_objects as go

    errors = np.maximum(errors, LEAST)
    figure = go.Figure(
        layout=told(
            f"The gradient of {parameter}, checked",
            words,
            height=320,
            xaxis={"title": "step size h, in units of the parameter", "type": "log", "exponentformat": "power"},
            yaxis={"title": "relative error", "type": "log", "exponentformat": "power"},
            legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        )
    )
    around = np.arange(len(errors))
    for name, part, colour, dash in (
        ("rounding: grows as h shrinks, like 1 / h", around >= best, COLOURS[1], "dash"),
        ("truncation: grows with h, like h² where the loss is smooth", around <= best, COLOURS[0], "solid"),
    ):
        line = {"color": colour, "width": 2, "dash": dash}
        figure.add_trace(
            go.Scatter(x=step_sizes[part], y=errors[part], name=name, line=line, mode="lines+markers", marker_size=6)
        )
    # plotly places the words of a line on a logarithmic axis by the logarithm
    words_at = {"text": f"right: at most {agrees:.0e}", "y": np.log10(agrees), "yanchor": "bottom"}
    figure.add_hline(y=agrees, line={"color": "#666", "dash": "dot"}, annotation=words_at)
    return figure
