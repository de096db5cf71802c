"""Optimizers of optax that cannot be picked, and why: each needs more than a learning rate."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable
from typing import Any

from explorer.catalog.optimizers import factories

# What a signature cannot say. Everything else is explained by what the function asks for.
_REASONS = {
    "sam": "it wraps two optimizers that take turns: one climbs to the sharpest point nearby, one descends",
    "mechanize": "it wraps an optimizer and tunes the size of its steps",
    "schedule_free": "it wraps an optimizer; schedule_free_sgd and schedule_free_adamw are ready-made",
    "lookahead": "it wraps an optimizer and keeps two copies of every parameter, a fast and a slow one",
    "dpsgd": "it needs the gradient of every single example, not their mean, and a privacy budget",
    "reduce_on_plateau": "it is chained after an optimizer, to lower its rate when the loss stops falling",
    "selective_transform": "it wraps an optimizer and a mask of the parameters to leave alone",
}


def missing(modules: Iterable[Any] = factories.MODULES) -> dict[str, str]:
    """Return the optimizers of these modules that cannot be picked, and why, in alphabetical order."""
    modules = tuple(modules)
    ready = factories.find(modules)
    reasons: dict[str, str] = {}
    for module in modules:
        for name, member in vars(module).items():
            if name.startswith(("_", "scale_by_")) or name in ready:
                continue
            if isinstance(member, functools.partial):
                base = next((f.name for f in ready.values() if f.make is member.func), None)
                if base:
                    given = ", ".join(f"{k} = {v}" for k, v in member.keywords.items())
                    reasons[name] = f"it is {base} with {given}"
            elif inspect.isfunction(member):
                reason = _REASONS.get(name) or _wants(member)
                if reason:
                    reasons[name] = reason
    return dict(sorted(reasons.items()))


def _wants(function: Any) -> str:
    needs = factories.required(function)
    if any("optimizer" in name for name in needs):
        return "it wraps another optimizer"
    takes_rate = any(name.endswith("learning_rate") for name in inspect.signature(function).parameters)
    others = sorted(name for name in needs if not name.endswith("learning_rate"))
    if takes_rate and others:
        return f"it cannot do without {', '.join(others)}"
    return ""
