"""A model of somebody's own as an entry: an `init` and an `apply`, and how its outputs are judged."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax

from explorer.catalog.contract import Batch, Model, PyTree, Spec
from explorer.catalog.models.judging import accuracy
from explorer.catalog.own.plain import apply_plain, error_of_target, init_plain, loss_of_target
from explorer.errors import FieldError

Judge = Callable[[PyTree, Batch], jax.Array]


def plain_model(init: Callable[..., Any], apply: Callable[..., Any]) -> dict[str, Any]:
    """Return the functions of a model, as fields of `Model`.

    Args:
      init: (key) -> params or (key, x) -> params; or the catalog's (key, spec) -> (params, state).
      apply: (params, x) -> outputs; or the catalog's (params, state, batch, *, key, train) -> (outputs, state).

    Raises:
      FieldError: their arguments are others.
    """
    names = [p.name for p in inspect.signature(apply).parameters.values()]
    if {"key", "train"} <= set(names):
        return {"init": init, "apply": apply}
    needed = _needed(init)
    if needed not in (1, 2) or _needed(apply) != 2:
        problem = f"init takes {needed} arguments and apply {_needed(apply)}."
        allowed = "Allowed: init(key) or init(key, x), and apply(params, x)."
        raise FieldError("model", problem, allowed)
    return {
        "init": partial(init_plain, start=init, takes_input=needed == 2),
        "apply": partial(apply_plain, predict=apply),
    }


def _needed(function: Callable[..., Any]) -> int:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return sum(p.kind in kinds and p.default is p.empty for p in parameters)


def judged(classes: int, loss: Judge | None, metrics: Mapping[str, Judge] | None) -> dict[str, Any]:
    """Return how outputs are judged, as fields of `Model`.

    Args:
      classes: of the data that the model begins with; 0 where they have none.
      loss, metrics: given by the person; found by the target where they are None.
    """
    found = {"accuracy": accuracy} if classes else {"absolute error": error_of_target}
    if metrics is None:
        metrics = {} if loss is not None else found
    return {"loss": loss or loss_of_target, "metrics": dict(metrics)}


def shapes(fields: Mapping[str, Any], spec: Spec) -> PyTree:
    """Return the shapes of the outputs on such batches."""

    def outputs(batch: Batch) -> PyTree:
        params, state = fields["init"](jax.random.key(0), spec)
        return fields["apply"](params, state, batch, key=jax.random.key(0), train=True)[0]

    return jax.eval_shape(outputs, dict(spec))


def built(model: Model) -> Callable[[], Model]:
    """Return what builds this model, as an entry's file defines it."""
    return lambda: model
