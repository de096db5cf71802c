"""How far the results of two runs of one function are apart, and how far they may be."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

REASON = (
    "Devices add up their parts in another order than one device does, which moves the last digits of a sum; a wrong "
    "split moves the first. So half of the digits that a type keeps must agree: the largest difference may be the "
    "square root of the type's precision times the largest value. Integers must be equal."
)


class Difference(NamedTuple):
    """How far two arrays are apart.

    Args:
      max_abs: the largest difference of two elements.
      max_rel: that over the largest value in the first array.
      tolerance: what `max_rel` may be; 0 where only the same will do.
      agrees: whether it is no more; differences below the type's precision never count.
      equal: whether all elements are the same.
    """

    max_abs: float
    max_rel: float
    tolerance: float
    agrees: bool
    equal: bool


def difference(one: Any, other: Any) -> Difference:
    """Compare two arrays of one shape and dtype; what is no number must be no number in both.

    Args:
      one: numpy array of any dtype, what is right.
      other: the same shape and dtype.
    """
    precision = _precision(one.dtype)
    wide = np.complex128 if np.iscomplexobj(one) else np.float64
    one, other = one.astype(wide), other.astype(wide)
    if one.size == 0 or np.array_equal(one, other, equal_nan=True):
        return Difference(0.0, 0.0, precision**0.5, True, True)
    known = np.isfinite(one)
    if not (np.isfinite(other) == known).all() or not np.array_equal(one[~known], other[~known], equal_nan=True):
        return Difference(float("inf"), float("inf"), precision**0.5, False, False)
    one, other = one[known], other[known]
    apart, largest = float(np.abs(one - other).max()), float(np.abs(one).max())
    share = apart / largest if largest else float("inf")
    return Difference(apart, share, precision**0.5, apart < precision or share <= precision**0.5, False)


def _precision(dtype: np.dtype[Any]) -> float:
    """Return the step from 1 to the next number of a type; 0 for integers and booleans."""
    import jax.numpy as jnp

    return float(jnp.finfo(dtype).eps) if jnp.issubdtype(dtype, jnp.inexact) else 0.0
