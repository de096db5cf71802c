"""Whether a model and a data set fit, decided by tracing shapes; the message is the reason the picker shows."""

from __future__ import annotations

import traceback
from typing import Any

import jax

from explorer.catalog import registry
from explorer.catalog.contract import Batch, Dataset, Model, Spec
from explorer.training.config import Choice


def suited(model: Choice, dataset: Dataset) -> Choice:
    """Return the model with as many classes as the data set has, where it has that option and it was not set.

    Args:
      model: a model and the options that were set.
      dataset: what it is to learn from.
    """
    option = registry.model(model.name, model).options.get("classes")
    if option is None or "classes" in model or option.default == dataset.classes:
        return model
    return model if dataset.classes < (option.low or 0) else model.but(classes=dataset.classes)


def misfit(model: Model, spec: Spec) -> str | None:
    """Return why the model cannot learn from batches of these shapes, or None where it can.

    Args:
      model: an entry of the catalog.
      spec: shapes and dtypes of one batch.
    """

    def forward(batch: Batch) -> tuple[Any, Any, Any]:
        params, state = model.init(jax.random.key(0), spec)
        outputs, new_state = model.apply(params, state, batch, key=jax.random.key(0), train=True)
        each = {name: of(outputs, batch) for name, of in {"loss": model.loss, **model.metrics}.items()}
        return each, state, new_state

    try:
        each, state, new_state = jax.eval_shape(forward, spec)
    except Exception as error:  # whatever the model raises on these shapes is the reason
        reason = _reason(error, spec)
        return f"{reason}." if _own_words(error, model) else f"given {_shapes(spec)}, {reason}."
    size = next(iter(spec.values())).shape[0] if spec else 1
    for name, figure in each.items():
        if figure.shape != (size,):
            return f"its {name} has shape {list(figure.shape)} where [{size}], one number per example, is needed."
    if jax.tree.map(_form, state) != jax.tree.map(_form, new_state):
        return "the state it returns differs in shape or dtype from the state it was given."
    return None


def _own_words(error: Exception, model: Model) -> bool:
    """Return whether the model itself raised: it has said what is wrong, and the shapes would only be in the way."""
    raised = traceback.extract_tb(error.__traceback__)[-1].filename
    init = getattr(model.init, "func", model.init)  # without the options that a partial fixes
    return isinstance(error, ValueError) and raised == getattr(getattr(init, "__code__", None), "co_filename", None)


def _form(leaf: Any) -> tuple[Any, Any]:
    return leaf.shape, leaf.dtype


def _shapes(spec: Spec) -> str:
    return ", ".join(f"{name}: {s.dtype}{list(s.shape)}" for name, s in spec.items()) or "no data"


def _reason(error: Exception, spec: Spec) -> str:
    if isinstance(error, KeyError) and error.args and error.args[0] not in spec:
        return f"it looks for '{error.args[0]}', which is not in the data"
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")
