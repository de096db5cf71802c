"""Which figure draws what was asked of a run."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from explorer.gradients.checked import GradientCheck
from explorer.views.check_figure import check_figure


@singledispatch
def figure_of(found: Any) -> Any:
    """Return what was found as a plotly figure."""
    raise TypeError(f"nothing draws a {type(found).__name__}")


@figure_of.register
def _(found: GradientCheck) -> Any:
    return check_figure(found.parameter, str(found), found.step_sizes, found.errors, found.best, found.bound)
