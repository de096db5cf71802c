"""What a compiled program costs, as XLA's own analyses report it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeGuard

COST = {  # our name: XLA's
    "flops": "flops",
    "bytes_accessed": "bytes accessed",
    "transcendentals": "transcendentals",
    "optimal_seconds": "optimal_seconds",
}
UNITS = {
    "flops": "floating point operations",
    "bytes_accessed": "bytes",
    "transcendentals": "operations",
    "optimal_seconds": "seconds",
}
MEMORY = {
    "argument_bytes": "argument_size_in_bytes",
    "output_bytes": "output_size_in_bytes",
    "temp_bytes": "temp_size_in_bytes",
    "alias_bytes": "alias_size_in_bytes",
    "code_bytes": "generated_code_size_in_bytes",
    "peak_bytes": "peak_memory_in_bytes",
}


def cost_of(compiled: Any) -> dict[str, float]:
    """Return XLA's cost of one call: flops, bytes_accessed, transcendentals, optimal_seconds (`UNITS`).

    XLA counts the body of a loop once, however often it runs, and a custom call (cholesky, eigh, lu) not at
    all. A figure that XLA does not give, or gives below 0 (its word for "unknown"), is left out.
    """
    found = _ask(compiled, "cost_analysis")
    if isinstance(found, list | tuple):  # one for each partition in older versions
        found = found[0] if found else None
    if not isinstance(found, Mapping):
        return {}
    figures = {ours: found.get(theirs) for ours, theirs in COST.items()}
    return {name: float(value) for name, value in figures.items() if is_figure(value)}


def memory_of(compiled: Any) -> dict[str, int]:
    """Return the bytes of one call, on its device: argument_bytes, output_bytes, temp_bytes, alias_bytes
    (outputs that reuse an argument's memory), code_bytes and, where XLA gives it, peak_bytes."""
    found = _ask(compiled, "memory_analysis")
    figures = {ours: getattr(found, theirs, None) for ours, theirs in MEMORY.items()}
    return {name: int(value) for name, value in figures.items() if is_figure(value)}


def _ask(compiled: Any, analysis: str) -> Any:
    try:
        return getattr(compiled, analysis)()
    except Exception:  # a backend may not implement it, each with an error of its own; the figure is then absent
        return None


def is_figure(value: Any) -> TypeGuard[float]:
    """Say whether a value is a number worth showing."""
    return isinstance(value, int | float) and math.isfinite(value) and value >= 0
