"""Equinox modules: a module is a pytree, of which the arrays are traced and the rest stays as it is."""

from __future__ import annotations

from typing import Any

import equinox

from explorer.compiler.modules import Opened


def opened(value: Any) -> Opened | None:
    """Return a module opened; None where it is no module of Equinox's."""
    if not isinstance(value, equinox.Module):
        return None
    arrays, rest = equinox.partition(value, equinox.is_array)
    return Opened(arrays, lambda traced: equinox.combine(traced, rest))
