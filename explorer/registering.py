"""Models and data of the person's own among what can be picked: `explorer.register`."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax

from explorer.catalog import registry
from explorer.catalog.contract import YOURS, Dataset, Model
from explorer.catalog.own.data import TAKEN, own_data
from explorer.catalog.own.models import built, judged, plain_model, shapes
from explorer.errors import FieldError
from explorer.training.config import Choice
from explorer.training.fit import misfit

BATCH_SIZE, STEPS = 32, 1000
_LIBRARIES = {"equinox": "explorer.catalog.adapters.equinox", "flax.nnx": "explorer.catalog.adapters.nnx"}


def register(
    thing: Any,
    *,
    name: str | None = None,
    title: str | None = None,
    dataset: Any = None,
    loss: Callable[..., jax.Array] | None = None,
    metrics: Mapping[str, Callable[..., jax.Array]] | None = None,
    target: str | None = None,
) -> str:
    """Add a model or a data set of yours to what can be picked.

    Args:
      thing: a model: a Flax NNX or Equinox module, something with `init` and `apply`, a pair of these functions, or a
        `Model` of the catalog's contract. Or data: a dict of arrays such as {"x": x, "y": y}, (x, y), a DataFrame or a
        dict of columns, the path of a CSV file, or a `Dataset`. Or a function that returns a `Model` or `Dataset`.
      name: the name that is picked; made from what was given where it is None.
      title: the name that people read.
      dataset: of a model: the data it begins with, by name or as for `thing`; the first that fits where it is None.
      loss: of a model: (outputs, batch) -> f32[B]. Where it is None: the cross-entropy for labels, else squared error.
      metrics: of a model: name to (outputs, batch) -> f32[B].
      target: of a table: the column to be predicted; the last where it is None.

    Returns:
      The name, for `explorer.Explorer(model=name)`. Data that only the kernel has are read by a copied script from
      NAME.npz, which `numpy.savez("NAME.npz", x=x, y=y)` writes.

    Raises:
      FieldError: it is none of these, does not fit its data, or the data cannot be learned from.
    """
    build = _build_of(thing)
    if build is not None:
        kind = "model" if isinstance(build(), Model) else "dataset"
        registry.register(kind, build)
        return build().name
    fields = _model_of(thing)
    if fields is None:
        called = name or (_kebab(Path(thing).stem) if isinstance(thing, str | Path) else "your-data")
        registry.register("dataset", own_data(thing, called, title or _title(called), target))
        return called
    called = name or f"your-{_kebab(_class_of(thing))}"
    data = _data_for(fields, loss, dataset)
    model = Model(
        name=called,
        title=title or _title(called),
        summary="Yours: its params start where you left them." if _library(thing) else "Yours.",
        **fields,
        **judged(data.classes, loss, metrics),
        defaults={"dataset": data.name, "optimizer": "adam", "batch_size": _size(data), "steps": STEPS},
    )
    reason = misfit(model, data.spec(_size(data)))
    if reason:
        raise FieldError("dataset", f"'{data.name}' does not fit the model '{called}': {reason}", "")
    registry.register("model", built(model))
    return called


def named(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields of a configuration where a model or data that were given themselves are registered and named.

    Raises:
      FieldError: as for `register`.
    """
    found = dict(fields)
    for kind in ("dataset", "model"):  # a model may need the data to begin with
        given = found.get(kind)
        path = isinstance(given, Path) or (isinstance(given, str) and given.lower().endswith(".csv"))
        if given is not None and (path or not isinstance(given, str | Choice)):
            beside = {"dataset": found["dataset"]} if kind == "model" and found.get("dataset") else {}
            found[kind] = register(given, **beside)
    return found


def _build_of(thing: Any) -> Callable[..., Any] | None:
    if isinstance(thing, Model | Dataset):
        return lambda: thing
    if inspect.isfunction(thing):
        required = [p for p in inspect.signature(thing).parameters.values() if p.default is p.empty]
        if not required and isinstance(thing(), Model | Dataset):
            return thing
        raise FieldError("register", f"'{thing.__name__}' returns no Model or Dataset.", "")
    return None


def _model_of(thing: Any) -> dict[str, Any] | None:
    """Return a model's functions, or None where the thing is no model."""
    library = _library(thing)
    if library:
        return dict(importlib.import_module(_LIBRARIES[library]).fields_of(thing))
    if isinstance(thing, tuple) and len(thing) == 2 and all(map(callable, thing)):
        return plain_model(*thing)
    if callable(getattr(thing, "init", None)) and callable(getattr(thing, "apply", None)):
        return plain_model(thing.init, thing.apply)
    if isinstance(thing, type) or callable(thing):
        raise FieldError("register", f"a {_class_of(thing)} is no model that can be trained here.", TAKEN)
    return None


def _library(thing: Any) -> str | None:
    homes = [base.__module__ for base in type(thing).__mro__]
    return next((lib for lib in _LIBRARIES if any(h == lib or h.startswith(f"{lib}.") for h in homes)), None)


def _data_for(fields: Mapping[str, Any], loss: Any, given: Any) -> Dataset:
    """Return the data that a model begins with: what was given, else the first of the catalog that fits."""
    if given is not None:
        choice = named({"dataset": given})["dataset"]
        return registry.dataset(choice.name, choice) if isinstance(choice, Choice) else registry.dataset(choice)
    found = [registry.dataset(name) for name in registry.names("dataset")]
    for data in sorted(found, key=lambda data: data.group != YOURS):
        if data.missing is None and _fits(fields, loss, data):
            return data
    problem = "no data set of the catalog fits this model."
    raise FieldError("dataset", problem, "Give yours: explorer.register(model, dataset={'x': x, 'y': y}).")


def _fits(fields: Mapping[str, Any], loss: Any, data: Dataset) -> bool:
    spec = data.spec(_size(data))
    trial = Model("trial", "", "", **fields, **judged(data.classes, loss, None))
    if misfit(trial, spec) is not None:
        return False
    if loss is not None or not data.classes:
        return True
    return bool(shapes(fields, spec).shape[-1] == data.classes)


def _size(data: Dataset) -> int:
    return min(BATCH_SIZE, *(len(values) for values in data.train.values())) if data.train else 1


def _class_of(thing: Any) -> str:
    return "model" if isinstance(thing, tuple) else thing.__name__ if isinstance(thing, type) else type(thing).__name__


def _kebab(text: str) -> str:
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", text)
    return "-".join(words).lower() or "model"


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()
