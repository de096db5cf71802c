"""The models and data sets that can be picked: found by listing the folders, or registered."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import Any

from explorer.catalog import datasets as _datasets
from explorer.catalog import models as _models
from explorer.catalog.contract import YOURS, Dataset, Model, Option
from explorer.errors import FieldError

Build = Callable[..., Any]
GROUPS = {
    "model": (
        "From the article",
        "Regression and classification",
        "Networks",
        "Text",
        "Functions of two parameters",
        YOURS,
    ),
    "dataset": ("From the article", "One input", "Two inputs", "Measured", "Pictures", "Text", "No data", YOURS),
}
_registered: dict[str, dict[str, Build]] = {"model": {}, "dataset": {}}


@cache
def _shipped(kind: str) -> dict[str, Build]:
    package = {"model": _models, "dataset": _datasets}[kind]
    found = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        if hasattr(module, "build"):
            found[module.build().name] = module.build
    return dict(sorted(found.items(), key=lambda entry: _place(kind, entry[1])))


def _place(kind: str, build: Build) -> int:
    """Return where the heading of an entry stands; one that is not known comes before the person's own."""
    group = build().group
    return GROUPS[kind].index(group) if group in GROUPS[kind] else len(GROUPS[kind]) - 2


def _entries(kind: str) -> dict[str, Build]:
    return _shipped(kind) | _registered[kind]


def register(kind: str, build: Build) -> None:
    """Add an entry beside the shipped ones.

    Args:
      kind: "model" or "dataset".
      build: what an entry file defines: (**options) -> Model or Dataset; its name replaces one of the same name.
    """
    _registered[kind][build().name] = build


def names(kind: str) -> tuple[str, ...]:
    """Return the names of every "model" or every "dataset" that can be picked, those of one heading together."""
    return tuple(_entries(kind))


def did_you_mean(name: Any, allowed: Iterable[str]) -> str:
    """Return what is allowed in a sentence, the near matches first."""
    allowed = tuple(allowed)
    near = difflib.get_close_matches(str(name), allowed, n=1, cutoff=0.6)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    return f"{hint}Allowed: {', '.join(allowed) or 'none'}."


def model(name: str, options: Mapping[str, Any] | None = None) -> Model:
    """Return the model of that name with these options.

    Raises:
      FieldError: the name or an option is unknown, or an option's value is not allowed.
    """
    return _build("model", name, options or {})


def dataset(name: str, options: Mapping[str, Any] | None = None) -> Dataset:
    """Return the data set of that name with these options.

    Raises:
      FieldError: the name or an option is unknown, or an option's value is not allowed.
    """
    return _build("dataset", name, options or {})


@lru_cache(maxsize=64)
def _built(build: Build, options: tuple[tuple[str, Any], ...]) -> Any:
    # Kept, so that the data of a data set are read or drawn once.
    return build(**dict(options))


def _build(kind: str, name: str, options: Mapping[str, Any]) -> Any:
    entries = _entries(kind)
    if name not in entries:
        raise FieldError(kind, f"there is no {kind} '{name}'.", did_you_mean(name, entries))
    build = entries[name]
    known = _built(build, ()).options
    for option in options:
        if option not in known or option not in inspect.signature(build).parameters:
            raise FieldError(option, f"'{name}' has no option '{option}'.", did_you_mean(option, known))
    return _built(build, tuple((key, check_option(key, known[key], value)) for key, value in options.items()))


def check_option(field: str, option: Option, value: Any) -> Any:
    """Return the value as the option's type, as typed by a person or given from Python.

    Raises:
      FieldError: it is of another type, or out of range.
    """
    kind = type(option.default)
    if option.choices:
        if value not in option.choices:
            raise FieldError(field, f"'{value}' cannot be chosen.", did_you_mean(value, map(str, option.choices)))
        return value
    if kind is bool:
        text = str(value).strip().lower()
        if text not in ("true", "false"):
            raise FieldError(field, f"must be true or false; you gave '{value}'.", "Allowed: true, false.")
        return text == "true"
    if kind in (int, float):
        return _number(field, option, value, kind)
    if not isinstance(value, kind):
        raise FieldError(field, f"must be {kind.__name__}; you gave '{value}'.", "")
    return value


def _number(field: str, option: Option, value: Any, kind: type) -> Any:
    noun = "a whole number" if kind is int else "a number"
    low, high = option.low, option.high
    span = f" from {low:,} to {high:,}" if low is not None and high is not None else ""
    wrong = FieldError(field, f"must be {noun}{span}; you gave '{value}'.", "")
    if isinstance(value, bool):
        raise wrong
    try:
        number = float(value)
        exact = int(value) if kind is int and not isinstance(value, str | float) else number
    except (TypeError, ValueError, OverflowError) as error:
        raise wrong from error
    if kind is int and exact != int(number) and isinstance(exact, float):
        raise wrong
    if not number == number or (low is not None and number < low) or (high is not None and number > high):
        raise wrong
    return kind(exact)
