"""Transformations applied one after the other; where one does not fit, which and why, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from explorer.compiler.options import Numbers
from explorer.compiler.transform import TRANSFORMS
from explorer.compiler.transformed import Applied, Args, Fn, Made
from explorer.errors import FieldError


def composed(fn: Fn, args: Args, transforms: Sequence[Applied]) -> Made:
    """Apply transformations, the first one first.

    Raises:
      FieldError: one of them does not fit the function or its arguments, in words.
    """
    made = Made(fn, args)
    for applied in transforms:
        _check(applied, made)
        try:
            made = TRANSFORMS[applied.name].apply(made.fn, made.args, applied.options)
        except (TypeError, ValueError) as error:
            raise FieldError(applied.name, f"it does not fit: {error}", "") from error
    return made


def _check(applied: Applied, made: Made) -> None:
    """Say what can be said of the arguments before anything is traced."""
    count = len(made.args)
    for option in ("argnums", "static_argnums", "donate_argnums"):
        numbers = applied.options.get(option, ())
        for number in numbers if isinstance(numbers, tuple) else (numbers,):
            if not -count <= number < count:
                has = "one argument" if count == 1 else f"{count} arguments"
                raise FieldError(
                    f"{applied.name}: {option}",
                    f"there is no argument {number}: the function has {has}.",
                    f"Allowed: 0 to {count - 1}." if count > 1 else "Allowed: 0.",
                )
    if "argnums" in applied.options:
        fits = [number for number in range(count) if _differentiable(made.args[number])]
        asked: Numbers = applied.options["argnums"]
        for number in asked if isinstance(asked, tuple) else (asked,):
            if number % count not in fits:
                kind = _dtypes(made.args[number])
                raise FieldError(
                    f"{applied.name}: argnums",
                    f"argument {number} is {kind}, and only real numbers have a derivative.",
                    f"Allowed: {', '.join(map(str, fits)) or 'none of them'}.",
                )
    in_axes = applied.options.get("in_axes")
    if isinstance(in_axes, tuple) and len(in_axes) != count:
        raise FieldError(
            "vmap: in_axes", f"it names {len(in_axes)} axes.", f"Allowed: one for each of {count} arguments."
        )
    if applied.name == "vmap" and in_axes is None:
        raise FieldError("vmap: in_axes", "None maps over no argument.", "Allowed: 0, or (0, None).")


def _differentiable(tree: Any) -> bool:
    leaves = jax.tree.leaves(tree)
    return bool(leaves) and all(_inexact(leaf) for leaf in leaves)


def _inexact(leaf: Any) -> bool:
    try:
        return bool(jnp.issubdtype(jnp.result_type(leaf), jnp.inexact))
    except TypeError:  # a string, an object
        return False


def _dtypes(tree: Any) -> str:
    kinds = {
        str(jnp.result_type(leaf)) if hasattr(leaf, "dtype") else type(leaf).__name__ for leaf in jax.tree.leaves(tree)
    }
    return " and ".join(sorted(kinds)) or "empty"


def explained(fn: Fn, args: Args, transforms: Sequence[Applied], error: BaseException) -> FieldError | None:
    """Return which transformation does not fit and why, after tracing all of them has failed; None where each does.

    Args:
      fn, args, transforms: as `composed` took them.
      error: what tracing raised.
    """
    made = Made(fn, args)
    for applied in transforms:
        try:
            out = jax.eval_shape(made.fn, *made.args)
        except Exception:  # the function itself fails, or a transformation before: what it raised says it
            return None
        if applied.name in ("grad", "value_and_grad", "hessian"):
            value = out[0] if applied.options.get("has_aux") and isinstance(out, tuple) and len(out) == 2 else out
            if applied.options.get("has_aux") and value is out:
                return FieldError(applied.name, "has_aux is True, and it is given one value.", "Return (value, more).")
            leaves = jax.tree.leaves(value)
            if applied.name != "hessian" and (len(leaves) != 1 or leaves[0].shape != () or not _inexact(leaves[0])):
                return FieldError(
                    applied.name,
                    f"it needs one number to differentiate, and is given {_shapes(leaves)}.",
                    "Sum or average it first, or use jacrev; with something besides, set has_aux.",
                )
        try:
            after = TRANSFORMS[applied.name].apply(made.fn, made.args, applied.options)
            jax.eval_shape(after.fn, *after.args)
        except Exception as failure:
            line = str(failure).strip().split("\n")[0]
            return FieldError(applied.name, f"it does not fit the arguments: {line}", _advice(applied))
        made = after
    return None


def _shapes(leaves: Sequence[Any]) -> str:
    told = [f"{jnp.dtype(leaf.dtype).name}[{','.join(map(str, leaf.shape))}]" for leaf in leaves[:3]]
    more = f" and {len(leaves) - 3} more" if len(leaves) > 3 else ""
    return (", ".join(told) or "nothing") + more


def _advice(applied: Applied) -> str:
    if applied.name == "vmap" and applied.options["new_axis"] is None:
        return "Set new_axis to add an axis to map over, or in_axes to None for what has none."
    return ""
