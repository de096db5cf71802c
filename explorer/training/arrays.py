"""A pytree of arrays as an .npz file and back, without pickle: any dtype of JAX's, and random keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from explorer.errors import FieldError

_FORMS = "forms"  # an entry beside the arrays: what NumPy's own format cannot say, as JSON


def write_tree(path: Path, tree: Any) -> None:
    """Write the leaves of a pytree of arrays, each under its place in it, such as "hidden/w"."""
    found: dict[str, Any] = {}
    forms: dict[str, dict[str, str]] = {}
    for name, leaf in _named(tree).items():
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            forms[name] = {"key": str(jax.random.key_impl(leaf))}
            leaf = jax.random.key_data(leaf)
        array = np.asarray(leaf)
        if array.dtype.isbuiltin != 1:  # bfloat16 and its like, which NumPy would write as bytes of nothing known
            forms[name] = {"dtype": array.dtype.name}
            array = array.view(f"u{array.dtype.itemsize}")
        found[f"array/{name}"] = array
    np.savez(path, **{_FORMS: np.asarray(json.dumps(forms)), **found})


def read_tree(path: Path, like: Any) -> Any:
    """Return the pytree that `write_tree` wrote.

    Args:
      path: of the file.
      like: a pytree of the same structure, of arrays or `jax.ShapeDtypeStruct`.

    Raises:
      FieldError: the file is missing, or holds other arrays than these.
    """
    if not path.is_file():
        raise FieldError("path", f"there is no '{path.name}' in '{path.parent}'.", "")
    with np.load(path, allow_pickle=False) as file:
        forms = json.loads(str(file[_FORMS]))
        found = {name.removeprefix("array/"): file[name] for name in file.files if name != _FORMS}
    wanted = _named(like)
    if found.keys() != wanted.keys():
        other = ", ".join(sorted(found.keys() ^ wanted.keys())[:5])
        raise FieldError("path", f"'{path.name}' does not hold what this run has: {other}.", "")
    leaves = [_leaf(path, name, found[name], forms.get(name, {}), leaf) for name, leaf in wanted.items()]
    return jax.tree.unflatten(jax.tree.structure(like), leaves)


def _leaf(path: Path, name: str, array: np.ndarray, form: dict[str, str], like: Any) -> Any:
    leaf: Any = array.view(jnp.dtype(form["dtype"])) if "dtype" in form else array
    if "key" in form:
        leaf = jax.random.wrap_key_data(jnp.asarray(array), impl=form["key"])
    if (leaf.shape, leaf.dtype) != (like.shape, like.dtype):
        given, wanted = f"{leaf.dtype}{list(leaf.shape)}", f"{like.dtype}{list(like.shape)}"
        raise FieldError("path", f"'{path.name}' holds {name} as {given} where this run has {wanted}.", "")
    return leaf


def _named(tree: Any) -> dict[str, Any]:
    paths, _ = jax.tree.flatten_with_path(tree)
    return {jax.tree_util.keystr(path, simple=True, separator="/") or "value": leaf for path, leaf in paths}
