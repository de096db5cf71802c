"""The names that can be picked."""

from __future__ import annotations

from explorer.catalog import optimizers as _optimizers
from explorer.catalog import registry, targets


def models() -> tuple[str, ...]:
    """Return the names of the models."""
    return registry.names("model")


def datasets() -> tuple[str, ...]:
    """Return the names of the data sets."""
    return registry.names("dataset")


def optimizers() -> tuple[str, ...]:
    """Return the names of the optimizers, the common ones first."""
    return _optimizers.names()


def devices() -> tuple[str, ...]:
    """Return the names of the devices that are here."""
    return targets.devices()
