"""Which choices do not fit the model, and why; slow for optimizers, so it is kept and asked for in a thread."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jax

from explorer.catalog import optimizers, registry
from explorer.training.config import Choice
from explorer.training.fit import misfit, suited
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
    leaves, structure = jax.tree.flatten(setup.params_spec)
    for name in optimizers.names():
        yield add("optimizer", name, _optimizer(name, setup.config.dtype, tuple(leaves), structure))


@lru_cache(maxsize=256)
def _dataset(choice: Choice, name: str, batch_size: int) -> str | None:
    dataset = registry.dataset(name)
    if dataset.missing:
        return dataset.missing
    choice = suited(Choice(choice.name, **{k: v for k, v in choice.items() if k != "classes"}), dataset)
    return misfit(registry.model(choice.name, choice), dataset.spec(batch_size))


@lru_cache(maxsize=1024)
def _optimizer(name: str, dtype: str, leaves: tuple[jax.ShapeDtypeStruct, ...], structure: Any) -> str | None:
    with precision(dtype):
        return optimizers.fits(name, jax.tree.unflatten(structure, leaves))
