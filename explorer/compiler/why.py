"""How finite inputs come to a NaN or an infinity, in words, for the operations that people meet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

# Operations whose result can be too large for its dtype though the inputs are not.
_GROWING = {
    "add", "add_any", "conv_general_dilated", "convert_element_type", "cosh", "cumprod", "cumsum",
    "dot_general", "integer_pow", "mul", "pow",
    "reduce_prod", "reduce_sum", "scatter_add", "sinh", "square", "sub",
}  # fmt: skip


def why(primitive: str, inputs: Sequence[np.ndarray], output: np.ndarray) -> str:
    """Return a clause on why an operation gave what it gave, or "" where there is nothing sure to say.

    Args:
      primitive: JAX's name of the operation.
      inputs: its floating point inputs, any shapes.
      output: its result, in which some values are not finite.
    """
    if not inputs:
        return ""
    first, last = inputs[0], inputs[-1]
    if primitive == "div" and (last == 0).any():
        return "0 divided by 0" if np.isnan(output).any() and _zero_over_zero(first, last) else "division by 0"
    if primitive in ("log", "log2") and not np.iscomplexobj(first):
        return _log(first, 0.0)
    if primitive == "log1p" and not np.iscomplexobj(first):
        return _log(first, -1.0)
    if primitive == "sqrt" and (first < 0).any():
        return "the square root of a negative number"
    if primitive == "rsqrt" and (first <= 0).any():
        return "1 over the square root of 0 or less"
    if primitive in ("exp", "exp2", "expm1"):
        largest = math.log(float(jnp.finfo(first.dtype).max)) / (math.log(2) if primitive == "exp2" else 1)
        return f"above {largest:.1f} the result does not fit into {first.dtype.name}"
    if primitive in ("integer_pow", "pow") and (first == 0).any() and not np.isnan(output).any():
        return "0 to a negative power"
    if primitive == "pow" and np.isnan(output).any() and (first < 0).any():
        return "a negative number to a fractional power"
    if primitive in _GROWING and not np.isnan(output).any() and all(np.isfinite(a).all() for a in inputs):
        return f"too large for {output.dtype.name}, which ends at {float(jnp.finfo(output.dtype).max):.3g}"
    if np.isnan(output).any() and any(np.isinf(array).any() for array in inputs):
        return "infinity minus infinity, or infinity times 0"
    return ""


def _zero_over_zero(above: np.ndarray, below: np.ndarray) -> Any:
    above, below = np.broadcast_arrays(above, below)
    return ((above == 0) & (below == 0)).any()


def _log(values: np.ndarray, edge: float) -> str:
    if (values < edge).any():
        return "the logarithm of a negative number"
    return "the logarithm of 0" if (values == edge).any() else ""
