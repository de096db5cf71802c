"""The one door from what computes to what is shown: lazy, so that nothing that computes imports a widget."""

from __future__ import annotations

import importlib
from typing import Any


def shown(thing: Any) -> dict[str, Any]:
    """Return the MIME bundle of a run or an inspection, as Jupyter asks for it."""
    return importlib.import_module("explorer.app.show").bundle_of(thing)


def plotted(run: Any, columns: tuple[str, ...], log: bool) -> Any:
    """Return columns of a run's history as a plotly figure."""
    return importlib.import_module("explorer.app.show").plot(run, columns, log)


def saved(thing: Any, path: Any) -> Any:
    """Write a run or an inspection as one HTML page; returns the path."""
    return importlib.import_module("explorer.app.show").save(thing, path)
