"""The hyperparameters of an optimizer as Options, read off its signature and docstring.

A form can show numbers, switches, words out of a list, and short rows of numbers. Everything else (functions,
masks, dtypes, whole optimizers) stays at its default, with the reason.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from dataclasses import dataclass
from typing import Any, Literal

import jax
import numpy as np

from explorer.catalog.contract import Option
from explorer.catalog.optimizers import docstrings, learning_rates, ranges
from explorer.catalog.optimizers.factories import Factory

Kind = Literal["number", "integer", "checkbox", "select", "numbers"]

SEEDS = ("key", "seed")
MAX_SEED = 2**31 - 1
_NUMBERS = {int, float, complex, bool, jax.Array, np.ndarray, np.bool_, np.number, type(None)}
_QUOTED = re.compile(r"'([^']+)'")


@dataclass(frozen=True)
class Hyperparameter:
    """One hyperparameter that a form can show.

    Args:
      option: its default, range, choices and help.
      kind: what the value is; "numbers" is a fixed row of them, such as betas.
      optional: whether None (nothing given) is allowed, and switches something off.
      above, below: whether the low and high end of the range are themselves excluded.
    """

    option: Option
    kind: Kind
    optional: bool = False
    above: bool = False
    below: bool = False


def read(factory: Factory) -> tuple[dict[str, Hyperparameter], dict[str, str]]:
    """Return what a form can show by name, the learning rate first, and why it cannot show the others."""
    shown: dict[str, Hyperparameter] = {}
    hidden: dict[str, str] = {}
    texts = docstrings.arguments(factory.make)
    for name, parameter in factory.parameters.items():
        text = _sentence(texts.get(name, ""))
        reason = _why_hidden(name, parameter, text)
        if reason:
            hidden[name] = reason
        else:
            shown[name] = _hyperparameter(factory, name, parameter, text)
    return shown, hidden


def _hyperparameter(factory: Factory, name: str, parameter: inspect.Parameter, text: str) -> Hyperparameter:
    default, members = parameter.default, _members(parameter.annotation)
    optional = default is None or type(None) in members
    if name == factory.rate:
        option = Option(learning_rates.default(factory), low=0.0, help=_rate_help(text))
        return Hyperparameter(option, "number", optional, above=True)
    if name in SEEDS:  # a default of None would warn, and is no seed that could be repeated
        seed = default if isinstance(default, int) else 0
        return Hyperparameter(Option(seed, low=0, high=MAX_SEED, help=text), "integer")
    if isinstance(default, bool):
        return Hyperparameter(Option(default, help=text), "checkbox")
    if isinstance(default, str):
        return Hyperparameter(Option(default, choices=_choices(parameter, text), help=text), "select")
    kind: Kind = "number"
    if isinstance(default, tuple):
        kind = "numbers"
    elif isinstance(default, int) or (default is None and int in members and float not in members):
        kind = "integer"
    low, high, above, below = ranges.of(name, default)
    return Hyperparameter(Option(default, low=low, high=high, help=text), kind, optional, above, below)


def _why_hidden(name: str, parameter: inspect.Parameter, text: str) -> str:
    default, annotation = parameter.default, parameter.annotation
    if text.lower().startswith("deprecated"):
        return "optax is about to remove it"
    if name == "verbose" or name.startswith("print_"):
        return "it prints, and changes nothing in the training"
    if "dtype" in name:
        return "a dtype"
    if isinstance(default, bool | int | float) or default is parameter.empty:
        return ""
    if isinstance(default, str):
        return "" if len(_choices(parameter, text)) > 1 else "a word"
    if type(default) is tuple:  # a transformation is a named tuple, and is none of these
        return "" if all(type(v) in (int, float) for v in default) else "more than numbers"
    if default is None and annotation is not parameter.empty:
        members = _members(annotation)
        numbers = {m for m in members if m in _NUMBERS}
        others = members - numbers
        # A learning rate or decay may also be a schedule, a function that gives a number.
        if numbers & {int, float} and all(_is_schedule(m) for m in others):
            return ""
    return "a mask over the parameters" if "mask" in name else "a function or a structure"


def _members(annotation: Any) -> set[Any]:
    union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    return set(typing.get_args(annotation)) if union else {annotation}


def _is_schedule(member: Any) -> bool:
    arguments = typing.get_args(member)
    return len(arguments) == 2 and float in _members(arguments[1]) and list not in _members(arguments[1])


def _choices(parameter: inspect.Parameter, text: str) -> tuple[str, ...]:
    if typing.get_origin(parameter.annotation) is Literal:
        return typing.get_args(parameter.annotation)
    return tuple(dict.fromkeys([parameter.default, *_QUOTED.findall(text)]))


def _rate_help(text: str) -> str:
    if text.startswith("A global scaling factor"):  # optax goes on about schedules, which are not picked here
        return "How far one step goes: every update is multiplied by it."
    return text


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
