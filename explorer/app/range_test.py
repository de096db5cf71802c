"""A range test as a still figure."""

from __future__ import annotations

from typing import Any

from explorer.training.range_test import RangeTest
from explorer.views.figures import curves_figure


def plot(test: RangeTest) -> Any:
    """Return the losses by learning rate as a plotly figure."""
    end = test.end
    curves = {"loss": (test.rates[:end], test.losses[:end]), "smoothed": (test.rates[:end], test.smoothed[:end])}
    figure = curves_figure(curves, test.sentence)
    figure.update_xaxes(type="log", title=test.field.replace("_", " "))
    if test.suggestion is not None:
        figure.add_vline(x=test.suggestion, line_dash="dash", annotation_text=f"{test.suggestion:.3g}")
    return figure
