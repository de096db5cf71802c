"""Figures as a sentence says them: three digits and a unit."""

from __future__ import annotations

_STEPS = (("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15))


def digits(value: float) -> str:
    """Return a number with three digits and thousands separators: 1234.5 is "1,234"."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def amount(value: float, unit: str) -> str:
    """Return a figure in a multiple of its unit: (4.2e6, "FLOPs") is "4.2 MFLOPs"."""
    prefix, size = next(step for step in reversed(_STEPS) if abs(value) >= step[1] or step[1] == 1.0)
    return f"{digits(value / size)} {prefix}{unit}"


def duration(microseconds: float) -> str:
    """Return a time: 1234.0 is "1.23 ms"."""
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if microseconds >= size:
            return f"{digits(microseconds / size)} {unit}"
    return f"{digits(microseconds)} µs"


def percent(share: float) -> str:
    """Return a share: 0.123 is "12 %"; a small one says that it is below one."""
    return "under 1 %" if 0 < share < 0.01 else f"{share * 100:.0f} %"


def several(count: int, what: str) -> str:
    """Return a count: (2, "instruction") is "2 instructions"."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
