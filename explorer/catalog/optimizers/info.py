"""What is known of each ready-made optimizer before one is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from explorer.catalog.contract import Option
from explorer.catalog.optimizers import docstrings, factories, hyperparameters
from explorer.catalog.optimizers.checks import check as check_values
from explorer.catalog.optimizers.hyperparameters import Hyperparameter
from explorer.catalog.optimizers.missing import missing
from explorer.catalog.registry import did_you_mean
from explorer.errors import FieldError

# The six that a course meets first: what most people train with today (adam, adamw), plain steps with or
# without momentum (sgd), the two that first scaled each parameter by its own history (rmsprop, adagrad), and
# a recent one that goes by signs (lion). muon is as recent, but costs twenty times as much a step as sgd.
COMMON = ("adam", "adamw", "sgd", "rmsprop", "adagrad", "lion")


@dataclass(frozen=True)
class OptimizerInfo:
    """A ready-made optimizer of optax, as the picker shows it.

    Args:
      name: its name in optax, such as "adam".
      title: its name as its authors write it, such as "RMSProp".
      summary: the first sentence of its docstring.
      reference: the paper, as text without an address; empty if its docstring names none.
      reference_url: the paper's address, or empty.
      options: what a form can show, by name, the learning rate first; defaults included.
      kinds: of each option: "number", "integer", "checkbox", "select", or "numbers" (a fixed row of numbers).
      optional: the options that may be None, which switches something off.
      hidden: the other arguments, left at optax's default, with what each one is.
      learning_rate_field: the option that is the learning rate, such as "max_learning_rate".
      common: whether it is one of the few shown first.
    """

    name: str
    title: str
    summary: str
    reference: str
    reference_url: str
    options: Mapping[str, Option]
    kinds: Mapping[str, str]
    optional: frozenset[str]
    hidden: Mapping[str, str]
    learning_rate_field: str
    common: bool
    factory: factories.Factory = field(repr=False)
    known: Mapping[str, Hyperparameter] = field(repr=False)


@cache
def _found() -> dict[str, factories.Factory]:
    return factories.find()


def names() -> tuple[str, ...]:
    """Return the name of every ready-made optimizer of optax and optax.contrib, the common ones first."""
    first = tuple(name for name in COMMON if name in _found())
    return (*first, *(name for name in _found() if name not in first))


@cache
def get(name: str) -> OptimizerInfo:
    """Return what is known of an optimizer.

    Raises:
      FieldError: optax has no ready-made optimizer of that name.
    """
    factory = _found().get(name)
    if factory is None:
        reason = missing().get(name)
        if reason:
            problem = f"'{name}' cannot be picked: {reason}."
            raise FieldError("optimizer", problem, f"Allowed: {', '.join(names())}.")
        raise FieldError("optimizer", f"there is no optimizer '{name}'.", did_you_mean(name, names()))
    known, hidden = hyperparameters.read(factory)
    reference, url = docstrings.reference(factory.make)
    if not reference:  # schedule_free_sgd leaves it to schedule_free
        reference, url = _reference_of_the_base(factory)
    return OptimizerInfo(
        name=name,
        title=docstrings.title(name, factory.make),
        summary=docstrings.summary(factory.make),
        reference=reference,
        reference_url=url,
        options={n: h.option for n, h in known.items()},
        kinds={n: h.kind for n, h in known.items()},
        optional=frozenset(n for n, h in known.items() if h.optional),
        hidden=hidden,
        learning_rate_field=factory.rate,
        common=name in COMMON,
        factory=factory,
        known=known,
    )


def check(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value for every option of the optimizer: as given (text is read), else the default.

    Raises:
      FieldError: the optimizer or an option is unknown, or a value is of the wrong type or out of range.
    """
    info = get(name)
    return check_values(options, info.known, info.hidden)


def _reference_of_the_base(factory: factories.Factory) -> tuple[str, str]:
    pieces = factory.name.split("_")
    for end in range(len(pieces) - 1, 0, -1):
        for module in factories.MODULES:
            base = vars(module).get("_".join(pieces[:end]))
            if callable(base) and docstrings.reference(base)[0]:
                return docstrings.reference(base)
    return "", ""
