"""Which choices do not fit the model, and why; slow for optimizers, so it is kept and asked for in a thread."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from explorer.catalog import optimizers, registry
from explorer.catalog.contract import spec_of
from explorer.training.config import Choice
from explorer.training.fit import misfit
from explorer.training.precision import precision
from explorer.training.setup import Setup


def misfits(setup: Setup, batch_size: int) -> Iterator[dict[str, dict[str, str]]]:
    """Yield why data sets and optimizers do not fit the model of a setup: kind -> name -> reason.

    Each time with one name more looked at, so that the kernel can do other things in between.
    """
    choice = setup.config.model
    assert isinstance(choice, Choice)
    found: dict[str, dict[str, str]] = {"dataset": {}, "optimizer": {}}

    def add(kind: str, name: str, reason: str | None) -> dict[str, dict[str, str]]:
        if reason:
            found[kind][name] = reason
        return found

    for name in registry.names("dataset"):
        yield add("dataset", name, _dataset(choice, name, batch_size))
    for name in optimizers.names():
        with precision(setup.config.dtype):
            reason = optimizers.fits(name, setup.params_spec)
        yield add("optimizer", name, reason)


@lru_cache(maxsize=256)
def _dataset(choice: Choice, name: str, batch_size: int) -> str | None:
    model = registry.model(choice.name, choice)
    return misfit(model, spec_of(registry.dataset(name).train, batch_size))
