"""Which figure draws what was asked of a run."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from explorer.gradients.checked import GradientCheck
from explorer.gradients.examples import ExampleGradients
from explorer.gradients.sharpness import Sharpness
from explorer.views.check_figure import check_figure
from explorer.views.examples_figure import examples_figure
from explorer.views.sharpness_figure import sharpness_figure


@singledispatch
def figure_of(found: Any) -> Any:
    """Return what was found as a plotly figure."""
    raise TypeError(f"nothing draws a {type(found).__name__}")


@figure_of.register
def _(found: GradientCheck) -> Any:
    return check_figure(found.parameter, str(found), found.step_sizes, found.errors, found.best, found.bound)


@figure_of.register
def _(found: Sharpness) -> Any:
    rule = found.limit.rule if found.limit else None
    return sharpness_figure(str(found), found.steps, found.values, found.limits, rule)


@figure_of.register
def _(found: ExampleGradients) -> Any:
    order = found.hardest
    return examples_figure(str(found), found.parameter, found.rows[order], found.norms[order], found.along[order])
