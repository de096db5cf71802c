"""Explorers without a browser."""

from __future__ import annotations

from typing import Any

import explorer
from explorer.records import Record

SMALL: dict[str, Any] = {"model": "linear-regression", "steps": 300}


def settle(app: explorer.Explorer) -> dict[str, Record]:
    """Wait until nothing is under way, and return what is on screen."""
    for _ in range(3):
        assert app.wait(60)
    return app.panel.snapshot()
