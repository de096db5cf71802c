"""Measuring what is on screen: what cannot be measured is said there."""

from __future__ import annotations

from collections.abc import Callable

from explorer.compiler.inspection import Inspection
from explorer.compiler.profile import MeasureError
from explorer.records import Record


def measured(inspection: Inspection, function: str, notify: Callable[[str, str], object]) -> dict[str, Record]:
    """Measure how long each instruction takes, and return the figures by key.

    Args:
      inspection: of the function.
      function: what the keys call it.
      notify: is told, as a title and a text, why it could not be measured.
    """
    try:
        inspection.measure()
    except MeasureError as error:
        notify("It could not be measured", str(error))
    return inspection.figures(function)
