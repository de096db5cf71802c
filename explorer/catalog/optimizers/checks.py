"""What a person gave for the hyperparameters, as the values that optax takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from explorer.catalog.optimizers import ranges
from explorer.catalog.optimizers.hyperparameters import Hyperparameter
from explorer.catalog.registry import did_you_mean
from explorer.errors import FieldError

_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_NOTHING = ("", "none")


def check(given: Mapping[str, Any], known: Mapping[str, Hyperparameter], hidden: Mapping[str, str]) -> dict[str, Any]:
    """Return a value for every known hyperparameter, in their order: what was given, else the default.

    Raises:
      FieldError: a name is not known, or a value is of the wrong type or out of range.
    """
    for name in given:
        if name in hidden:
            problem = f"cannot be set here: it is {hidden[name]}."
            raise FieldError(name, problem, f"Allowed: {', '.join(known)}.")
        if name not in known:
            raise FieldError(name, "is not an option of this optimizer.", did_you_mean(name, known))
    return {n: value(n, given[n], h) if n in given else h.option.default for n, h in known.items()}


def value(name: str, given: Any, known: Hyperparameter) -> Any:
    """Return one value, read from text if it was typed.

    Raises:
      FieldError: it is of the wrong type or out of range.
    """
    if known.optional and (given is None or (isinstance(given, str) and given.strip().lower() in _NOTHING)):
        return None
    if known.kind == "checkbox":
        return _switch(name, given)
    if known.kind == "select":
        if given in known.option.choices:
            return given
        raise FieldError(name, f"must be one of {', '.join(known.option.choices)}; you gave '{given}'.", "")
    if known.kind == "numbers":
        return _row(name, given, known)
    return _number(name, given, known)


def _switch(name: str, given: Any) -> bool:
    found = _WORDS.get(given.strip().lower()) if isinstance(given, str) else given
    if isinstance(found, bool | np.bool_):
        return bool(found)
    raise FieldError(name, f"must be true or false; you gave '{given}'.", "")


def _row(name: str, given: Any, known: Hyperparameter) -> tuple[float, ...]:
    parts = given.strip(" ()[]").split(",") if isinstance(given, str) else given
    size = len(known.option.default)
    if not isinstance(parts, list | tuple) or len(parts) != size:
        example = ", ".join(f"{v:g}" for v in known.option.default)
        raise FieldError(name, f"must be {size} numbers, such as {example}; you gave '{given}'.", "")
    return tuple(_number(name, part, known) for part in parts)


def _number(name: str, given: Any, known: Hyperparameter) -> float | int:
    allowed = ranges.Range(known.option.low, known.option.high, known.above, known.below)
    noun = "a whole number" if known.kind == "integer" else "a number"
    wanted = " ".join(["must be", noun, ranges.in_words(allowed)]).strip()
    if known.optional:
        wanted += ", or nothing"
    number = _parsed(given, whole=known.kind == "integer")
    if number is None or not math.isfinite(number) or not ranges.contains(allowed, number):
        raise FieldError(name, f"{wanted}; you gave '{given}'.", "")
    return number


def _parsed(given: Any, whole: bool) -> float | int | None:
    if isinstance(given, bool) or given is None:
        return None
    try:
        # Not float() first: whole numbers above 2**53 would change.
        if isinstance(given, int) or (isinstance(given, str) and given.strip().lstrip("+-").isdigit()):
            return int(given) if whole else float(given)
        number = float(given)
    except (TypeError, ValueError, OverflowError):
        return None
    if not whole:
        return number
    return int(number) if math.isfinite(number) and number.is_integer() else None
