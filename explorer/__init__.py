"""See what JAX does with a function: how it is traced, differentiated, compiled and trained.

    import explorer
    explorer.Explorer()                         # pick a model, an optimizer and a device; watch it learn
    explorer.train(explorer.RunConfig(...))     # the same without a widget
    explorer.inspect(fn, *args)                 # jaxpr, StableHLO and optimized HLO of your own function

Everything is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explorer.app.explorer import Explorer
    from explorer.catalog.listing import datasets, devices, models, optimizers
    from explorer.compiler.explain.explaining import explain
    from explorer.compiler.explain.explanation import Explanation
    from explorer.compiler.find_nan import find_nan
    from explorer.compiler.inspection import Inspection
    from explorer.compiler.inspector import inspect, inspector
    from explorer.compiler.nan_finding import NanFinding
    from explorer.compiler.targets.listing import targets
    from explorer.compiler.watch.watcher import Watcher, watch
    from explorer.errors import ExplorerError, FieldError, TransitionError
    from explorer.registering import register
    from explorer.training.config import Choice, Event, RunConfig
    from explorer.training.kept import load
    from explorer.training.race.race import Race, race
    from explorer.training.range_test import RangeTest, lr_range_test
    from explorer.training.recorder import Recorder
    from explorer.training.run import Run
    from explorer.training.train import train

_HOMES = {
    "Choice": "training.config",
    "Event": "training.config",
    "Explanation": "compiler.explain.explanation",
    "Explorer": "app.explorer",
    "ExplorerError": "errors",
    "FieldError": "errors",
    "Inspection": "compiler.inspection",
    "NanFinding": "compiler.nan_finding",
    "Race": "training.race.race",
    "RangeTest": "training.range_test",
    "Recorder": "training.recorder",
    "Run": "training.run",
    "RunConfig": "training.config",
    "TransitionError": "errors",
    "Watcher": "compiler.watch.watcher",
    "datasets": "catalog.listing",
    "devices": "catalog.listing",
    "explain": "compiler.explain.explaining",
    "find_nan": "compiler.find_nan",
    "inspect": "compiler.inspector",
    "inspector": "compiler.inspector",
    "load": "training.kept",
    "lr_range_test": "training.range_test",
    "models": "catalog.listing",
    "optimizers": "catalog.listing",
    "race": "training.race.race",
    "register": "registering",
    "targets": "compiler.targets.listing",
    "train": "training.train",
    "watch": "compiler.watch.watcher",
}

__all__ = [
    "Choice",
    "Event",
    "Explanation",
    "Explorer",
    "ExplorerError",
    "FieldError",
    "Inspection",
    "NanFinding",
    "Race",
    "RangeTest",
    "Recorder",
    "Run",
    "RunConfig",
    "TransitionError",
    "Watcher",
    "datasets",
    "devices",
    "explain",
    "find_nan",
    "inspect",
    "inspector",
    "load",
    "lr_range_test",
    "models",
    "optimizers",
    "race",
    "register",
    "targets",
    "train",
    "watch",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'explorer' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"explorer.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def load_ipython_extension(shell: Any) -> None:
    """Make the magics %%inspect, %%watch and %%explain known: `%load_ext explorer`."""
    importlib.import_module("explorer.magics").load_ipython_extension(shell)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
