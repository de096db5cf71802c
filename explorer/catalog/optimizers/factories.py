"""Which functions of optax are ready-made optimizers: found by their signatures, never by a list of names.

A public function of `optax` or `optax.contrib` is one when a learning rate is all it needs: its first
parameter is a learning rate, every other has a default, and calling it makes a gradient transformation.
`scale_by_*` are the pieces that optimizers are chained from, so they are left out.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import optax
import optax.contrib

MODULES: tuple[ModuleType, ...] = (optax, optax.contrib)
_PIECE = "scale_by_"
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True)
class Factory:
    """A function that makes an optimizer.

    Args:
      name: its name in optax, such as "adam".
      call: how a script writes it, such as "optax.contrib.muon".
      make: the function itself.
      rate: the parameter that is the learning rate, such as "learning_rate" or "max_learning_rate".
    """

    name: str
    call: str
    make: Callable[..., optax.GradientTransformation]
    rate: str

    @functools.cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Return the parameters that can be given by name, the learning rate first."""
        return {n: p for n, p in inspect.signature(self.make).parameters.items() if p.kind in _NAMED}


def find(modules: Iterable[Any] = MODULES) -> dict[str, Factory]:
    """Return every ready-made optimizer of these modules by name, in alphabetical order."""
    found: dict[str, Factory] = {}
    for module in modules:
        for name, function in _public(module):
            rate = _rate(function)
            if name.startswith(_PIECE) or rate is None or required(function) - {rate}:
                continue
            factory = Factory(name, f"{module.__name__}.{name}", function, rate)
            if name not in found and _makes_a_transformation(factory):
                found[name] = factory
    return dict(sorted(found.items()))


def required(function: Callable[..., Any]) -> set[str]:
    """Return the names of the parameters that have no default."""
    parameters = inspect.signature(function).parameters.values()
    return {p.name for p in parameters if p.kind in _NAMED and p.default is p.empty}


def _public(module: Any) -> list[tuple[str, Callable[..., Any]]]:
    # vars(), not dir() and getattr(): a module may warn about names that it deprecates.
    return [(n, f) for n, f in vars(module).items() if not n.startswith("_") and inspect.isfunction(f)]


def _rate(function: Callable[..., Any]) -> str | None:
    first = next(iter(inspect.signature(function).parameters), "")
    return first if first == "learning_rate" or first.endswith("_learning_rate") else None


def _makes_a_transformation(factory: Factory) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some warn about a default that the picker does not leave there
            return isinstance(factory.make(**{factory.rate: 1e-3}), optax.GradientTransformation)
    except Exception:  # whatever it is, it is not made from a learning rate alone
        return False
