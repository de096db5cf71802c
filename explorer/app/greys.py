"""Which choices do not fit the model, and why; slow for optimizers, so it is kept and asked for in a thread."""

from __future__ import annotations

from functools import lru_cache

from explorer.catalog import optimizers, registry
from explorer.catalog.contract import spec_of
from explorer.training.config import Choice
from explorer.training.fit import misfit
from explorer.training.precision import precision
from explorer.training.setup import Setup


def misfits(setup: Setup, batch_size: int) -> dict[str, dict[str, str]]:
    """Return why data sets and optimizers do not fit the model of a setup: kind -> name -> reason."""
    choice = setup.config.model
    assert isinstance(choice, Choice)
    datasets = {name: _dataset(choice, name, batch_size) for name in registry.names("dataset")}
    with precision(setup.config.dtype):
        fits = {name: optimizers.fits(name, setup.params_spec) for name in optimizers.names()}
    found = {"dataset": datasets, "optimizer": fits}
    return {kind: {n: why for n, why in reasons.items() if why} for kind, reasons in found.items()}


@lru_cache(maxsize=256)
def _dataset(choice: Choice, name: str, batch_size: int) -> str | None:
    model = registry.model(choice.name, choice)
    return misfit(model, spec_of(registry.dataset(name).train, batch_size))
