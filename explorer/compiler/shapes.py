"""The arrays among a function's arguments: their names, and what they are with another dtype or size."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from explorer.errors import FieldError

Sizes = Mapping[tuple[str, int], int]
LARGEST = 1 << 20


def leaves_of(fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, jax.ShapeDtypeStruct]:
    """Return the arrays among the arguments by name, such as "params['w']", each as shape and dtype."""
    pairs = zip(names_of(fn, args, kwargs), _leaves(args, kwargs), strict=True)
    return {name: leaf for name, leaf in pairs if leaf is not None}


def names_of(fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[str]:
    """Return the names of the leaves of the arguments, as the definition of `fn` calls them."""
    try:
        parameters = list(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError):  # a builtin, or nothing that says
        parameters = []
    plain = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    found = []
    for (kind, first, *rest), _ in jax.tree.leaves_with_path((tuple(args), dict(kwargs))):
        if kind.idx == 1:
            root = first.key
        else:
            root = plain[first.idx] if first.idx < len(plain) else f"argument {first.idx + 1}"
        found.append(root + jax.tree_util.keystr(tuple(rest)))
    return found


def changed(
    fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any], dtype: str | None = None, sizes: Sizes | None = None
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments with every array as a shape, of another dtype and of other sizes.

    Args:
      fn: names the arguments.
      args, kwargs: of `fn`; what is no array stays as it is.
      dtype: of the floating-point arrays; None leaves them.
      sizes: {(name, axis): size}.
    """
    sizes = sizes or {}
    leaves, tree = jax.tree.flatten((tuple(args), dict(kwargs)))
    found = []
    for name, leaf in zip(names_of(fn, args, kwargs), leaves, strict=True):
        array = _array(leaf)
        if array is None:
            found.append(leaf)
            continue
        shape = tuple(sizes.get((name, axis), size) for axis, size in enumerate(array.shape))
        kind = jnp.dtype(dtype) if dtype and jnp.issubdtype(array.dtype, jnp.floating) else array.dtype
        found.append(jax.ShapeDtypeStruct(shape, kind, weak_type=bool(getattr(leaf, "weak_type", False))))
    return jax.tree.unflatten(tree, found)


def resized(
    leaves: Mapping[str, jax.ShapeDtypeStruct], sizes: Sizes, argument: str, axis: int, size: int
) -> dict[tuple[str, int], int]:
    """Return the new size for an axis and for all axes of the same size.

    Raises:
      FieldError: there is no such argument or axis, or the size is none.
    """
    if argument not in leaves:
        raise FieldError("argument", f"there is none called '{argument}'.", f"Allowed: {', '.join(leaves) or 'none'}.")
    rank = len(leaves[argument].shape)
    if not isinstance(axis, int) or not 0 <= axis < rank:
        raise FieldError(
            argument, f"there is no axis {axis}.", f"Allowed: 0 to {rank - 1}." if rank else "It has none."
        )
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= LARGEST:
        raise FieldError(f"{argument}, axis {axis}", f"the size cannot be {size!r}.", f"Allowed: 1 to {LARGEST:,}.")
    old = leaves[argument].shape[axis]
    return {(name, n): size for name, leaf in leaves.items() for n, there in enumerate(leaf.shape) if there == old}


def arguments_header(
    leaves: Mapping[str, jax.ShapeDtypeStruct], dtype: str | None, sizes: Sizes
) -> list[dict[str, Any]]:
    """Return the arguments as the record of a subject lists them."""
    every = [size for leaf in leaves.values() for size in leaf.shape]
    return [
        {
            "name": name,
            "shape": [sizes.get((name, axis), size) for axis, size in enumerate(leaf.shape)],
            "dtype": dtype if dtype and jnp.issubdtype(leaf.dtype, jnp.floating) else str(leaf.dtype),
            "axes": [
                {
                    "axis": axis,
                    "size": sizes.get((name, axis), size),
                    "low": 1,
                    "high": max(64, 4 * size),
                    "shared": f"{size:,}" if every.count(size) > 1 and size > 1 else None,
                }
                for axis, size in enumerate(leaf.shape)
            ],
        }
        for name, leaf in leaves.items()
    ]


def _leaves(args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[jax.ShapeDtypeStruct | None]:
    return [_array(leaf) for leaf in jax.tree.leaves((tuple(args), dict(kwargs)))]


def _array(leaf: Any) -> jax.ShapeDtypeStruct | None:
    """Return an array as shape and dtype; None for a Python number and for what is no array."""
    if not isinstance(leaf, jax.Array | np.ndarray | np.generic | jax.ShapeDtypeStruct):
        return None
    return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype)
