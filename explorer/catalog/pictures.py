"""A model and a data set as records, to be drawn before anything has run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from explorer.catalog.contract import Batch, Dataset, Model, PyTree, parameter_names
from explorer.catalog.previews import preview
from explorer.records import Record


def model_record(model: Model, params: PyTree, inputs: Batch, outputs: PyTree) -> Record:
    """Return a model as what goes in, its groups of parameters, and what comes out.

    Args:
      model: an entry of the catalog.
      params, inputs, outputs: shapes and dtypes; the inputs are the columns of a batch that the model may read.
    """
    goes_in = [{"name": k, "shape": list(v.shape[1:]), "text": "goes in"} for k, v in inputs.items()]
    results = jax.tree.leaves(outputs)
    comes_out = [{"name": "output", "shape": list(leaf.shape[1:]), "text": "comes out"} for leaf in results[:1]]
    leaves = jax.tree.leaves(params)
    header = {
        "name": model.name,
        "title": model.title,
        "summary": model.summary,
        "layers": [*goes_in, *parameter_groups(parameter_names(params), leaves), *comes_out],
        "count": sum(leaf.size for leaf in leaves),
    }
    return Record("model", header)


def parameter_groups(names: Sequence[str], leaves: Sequence[Any]) -> list[dict[str, Any]]:
    """Return parameters as layers: those of one name before the last "/" stand together.

    Args:
      names: such as "hidden/w".
      leaves: their shapes, in the same order.
    """
    groups: dict[str, list[str]] = {}
    sizes: dict[str, int] = {}
    for name, leaf in zip(names, leaves, strict=True):
        group, _, last = name.rpartition("/")
        groups.setdefault(group or "parameters", []).append(f"{last} {_shape(leaf.shape)}")
        sizes[group or "parameters"] = sizes.get(group or "parameters", 0) + leaf.size
    return [
        {"name": group, "shape": None, "text": f"{', '.join(texts)}: {sizes[group]:,} parameters"}
        for group, texts in groups.items()
    ]


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(str(n) for n in shape) or "one number"


def data_record(dataset: Dataset) -> Record:
    """Return a data set as its columns and a preview of real examples."""
    fields = [
        {
            "name": name,
            "shape": list(values.shape[1:]),
            "dtype": str(values.dtype),
            "role": "input" if name in dataset.inputs else "target",
            "examples": len(values),
        }
        for name, values in dataset.train.items()
    ]
    shown, buffers = preview(dataset)
    header = {
        "name": dataset.name,
        "title": dataset.title,
        "summary": dataset.summary,
        "fields": fields,
        "truth": {k: np.asarray(v).tolist() for k, v in dataset.truth.items()} if dataset.truth else None,
        "preview": shown,
    }
    return Record("data", header, buffers)
