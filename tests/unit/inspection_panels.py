"""Panels of inspections, opened without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from explorer.app.inspect_panel import InspectPanel
from explorer.app.show import with_about
from explorer.compiler.inspection import Inspection
from explorer.views.panel import Panel


@contextmanager
def opened(inspection: Inspection) -> Iterator[tuple[InspectPanel, Panel]]:
    """Open the panel of an inspection, with all its figures; close it at the end."""
    panel = Panel("inspection")
    for key, record in with_about(inspection, inspection.records()).items():
        panel.put(key, record)
    inside = InspectPanel(inspection, panel)
    assert inside.wait(60)
    yield inside, panel
    panel.close()


def subject(panel: Panel) -> dict[str, Any]:
    """Return what is said of what was looked at, and what can be changed of it."""
    return panel.snapshot()["subject/function"].header
