"""The range of a hyperparameter, by the meaning that optax gives the same names throughout."""

from __future__ import annotations

import re
from typing import Any, NamedTuple


class Range(NamedTuple):
    """What is allowed: `low` to `high`, None for no end; `above` and `below` exclude the end itself."""

    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False


_BY_NAME: tuple[tuple[str, Range], ...] = (
    # A decay of 1 would never take up anything new, and divides by zero where a bias is corrected.
    (r"(adam_)?b\d|betas?\d?|decay|decay_rate|rho|momentum", Range(0.0, 1.0, below=True)),
    (r"eta_minus", Range(0.0, 1.0, above=True, below=True)),
    (r"eta_plus", Range(1.0, above=True)),
    (r"clipping_threshold", Range(1.0)),
    (r"rank|memory_size|ns_steps|update_interval|update_proj_gap|warmup_steps", Range(1)),
    (r"max_step_size|adam_learning_rate", Range(0.0, above=True)),
    (r"(adam_)?eps(_root)?|eta|.*weight_decay.*|decay_offset|.*threshold", Range(0.0)),
    (r"min_.*|trust_.*|.*estim_.*|initial_.*", Range(0.0)),
)


def of(name: str, default: Any) -> Range:
    """Return the range of the hyperparameter `name`; no limit where its own default would be outside."""
    for pattern, found in _BY_NAME:
        if re.fullmatch(pattern, name):
            values = default if isinstance(default, tuple) else (default,)
            return found if all(v is None or contains(found, v) for v in values) else Range()
    return Range()


def contains(allowed: Range, value: float) -> bool:
    """Return whether the value is in the range."""
    low, high, above, below = allowed
    if low is not None and (value < low or (above and value == low)):
        return False
    return not (high is not None and (value > high or (below and value == high)))


def in_words(allowed: Range) -> str:
    """Return the range as it follows "a number", such as "of 0 or more and below 1"; empty without one."""
    low, high, above, below = allowed
    if low is not None and high is not None and not above and not below:
        return f"from {low:,} to {high:,}"
    start = "" if low is None else f"above {low:g}" if above else f"of {low:g} or more"
    end = "" if high is None else f"below {high:g}" if below else f"of at most {high:g}"
    return f"{start} and {end}" if start and end else start or end
