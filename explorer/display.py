"""The one door from what computes to what is shown: lazy, so that nothing that computes imports a widget."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any


class Shown:
    """A run or an inspection: shows itself as a cell's last expression, and becomes a page."""

    def save(self, path: str | Path) -> Path:
        """Write it as one HTML page that opens with no kernel and no network.

        Args:
          path: ending in .html.

        Returns:
          The path.
        """
        return importlib.import_module("explorer.app.show").save(self, path)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return importlib.import_module("explorer.app.show").bundle_of(self)


def plotted(run: Any, columns: tuple[str, ...], log: bool) -> Any:
    """Return columns of a run's history as a plotly figure."""
    return importlib.import_module("explorer.app.show").plot(run, columns, log)
