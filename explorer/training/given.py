"""What a loop of somebody's own gives: numbers and arrays of any library, kept without waiting for a device."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from explorer.errors import FieldError

INSIDE_JIT = "was given inside a compiled function, where it has no value yet."
OUTSIDE = "Call the recorder in the loop, outside of jit."
_NARROW = {np.dtype(name) for name in (jnp.float32, jnp.bfloat16, jnp.float16)}


class Leaves(NamedTuple):
    """The floating-point arrays of a pytree: JAX's as they are, those that may change in place as copies."""

    names: tuple[str, ...]
    arrays: list[Any]


def whole(field: str, number: Any) -> int:
    """Return a step, or a count of them, as an int.

    Raises:
      FieldError: it is no whole number, or below 0.
    """
    if isinstance(number, jax.core.Tracer):
        raise FieldError(field, INSIDE_JIT, OUTSIDE)
    try:
        plain = operator.index(number.item() if hasattr(number, "item") else number)
    except (TypeError, ValueError):
        plain = -1
    if isinstance(number, bool) or not 0 <= plain < 2**32:
        raise FieldError(field, f"must be a whole number from 0 to {2**32 - 1:,}; you gave {_said(number)}.", "")
    return plain


def numbers(given: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what was given by name, a mapping's entries as "held_out/loss"; what is None is left out."""
    for name, value in given.items():
        if isinstance(value, Mapping):
            yield from numbers(value, f"{prefix}{name}/")
        elif value is not None:
            yield f"{prefix}{name}", value


def kept(field: str, value: Any) -> Any:
    """Return one number so that it can be read later, whatever the loop does meanwhile.

    Args:
      field: what it was given as.
      value: a number of Python's, NumPy's or JAX's, or a tensor with `detach` and `item`.

    Raises:
      FieldError: it is no number, or more than one.
    """
    if isinstance(value, jax.core.Tracer):
        raise FieldError(field, INSIDE_JIT, OUTSIDE)
    if hasattr(value, "detach"):  # without it, the graph of the step would be kept
        value = value.detach()
    size = getattr(value, "size", 1)
    size = size() if callable(size) else size
    size = int(np.prod(size)) if isinstance(size, tuple) else size
    if size != 1:
        raise FieldError(field, f"must be one number; you gave {_said(value)}.", "Such as its mean.")
    if isinstance(value, jax.Array):
        if jnp.issubdtype(value.dtype, jnp.number) or value.dtype == bool:
            return value
    elif isinstance(value, np.ndarray | np.generic):
        if np.issubdtype(value.dtype, np.number) or value.dtype == bool:
            return np.asarray(value).reshape(())[()]
    elif isinstance(value, int | float):
        return value
    elif hasattr(value, "clone"):
        return value.clone()
    raise FieldError(field, f"must be a number; you gave {_said(value)}.", "")


def read(values: Sequence[Any]) -> np.ndarray:
    """Return numbers from `kept` once their devices have them: float32 where none is wider, else float64."""
    # np.asarray: 3 microseconds where float() and jax.device_get take 27
    found = [np.asarray(value).item() if isinstance(value, jax.Array) else value for value in values]
    plain = [value.item() if hasattr(value, "item") else value for value in found]
    narrow = {getattr(value, "dtype", None) for value in values} <= _NARROW
    return np.asarray(plain, np.float32 if narrow else np.float64)


def leaves_of(field: str, tree: Any, *, copied: bool = True) -> Leaves:
    """Return the floating-point arrays of a pytree, with their names.

    Args:
      field: what it was given as.
      tree: of arrays of JAX's or NumPy's, or tensors, or of Python's numbers only; all else is left out.
      copied: whether those that may change in place are copied.

    Raises:
      FieldError: there is no such array in it.
    """
    names, arrays = [], []
    leaves = jax.tree.flatten_with_path(tree)[0]
    # A number of Python's beside arrays is a setting, such as the rate of a dropout; alone it is what is learned.
    alone = all(isinstance(leaf, float) for _, leaf in leaves)
    for path, leaf in leaves:
        if isinstance(leaf, jax.core.Tracer):
            raise FieldError(field, INSIDE_JIT, OUTSIDE)
        if hasattr(leaf, "detach"):
            leaf = np.asarray(leaf.detach().cpu())
        if alone:
            leaf = np.asarray(leaf)
        if not isinstance(leaf, jax.Array | np.ndarray) or not jnp.issubdtype(leaf.dtype, jnp.floating):
            continue
        arrays.append(leaf.copy() if copied and isinstance(leaf, np.ndarray) else leaf)
        names.append(jax.tree_util.keystr(path, simple=True, separator="/") or field)
    if not arrays:
        allowed = "Give a pytree of them, such as a dict by name; of a Flax NNX module, nnx.state(model, nnx.Param)."
        raise FieldError(field, f"holds no floating-point array; you gave {_said(tree)}.", allowed)
    return Leaves(tuple(names), arrays)


def _said(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if shape is not None:
        return f"{type(value).__name__} of shape {list(shape)}" if len(shape) else f"{type(value).__name__} {value}"
    text = repr(value)
    return text if len(text) <= 60 else f"{type(value).__name__} {text[:57]}…"
