"""What to write instead of an operation that gave NaN or infinity."""

from __future__ import annotations

import re

_CALL = re.compile(r"([\w.]+)\(")

# By what is called in the line; the first that is found counts.
_GRADIENTS = {
    "norm": "Write `jnp.sqrt(jnp.sum(x**2) + 1e-12)`, or `optax.safe_norm(x, 1e-6)`, whose gradient at 0 is finite.",
    "std": "Write `jnp.sqrt(jnp.var(x) + 1e-12)`: the slope of the square root at 0 is infinite.",
    "sqrt": "Write `jnp.sqrt(x + 1e-12)`, or keep 0 away from it: `jnp.sqrt(jnp.where(x > 0, x, 1.0))` inside the "
    "outer `jnp.where`. The slope of the square root at 0 is infinite.",
    "log": "Keep 0 away from the logarithm itself: `jnp.log(jnp.where(x > 0, x, 1.0))` inside the outer `jnp.where`. "
    "A mask after it hides the value and not the slope.",
    "arccos": "Keep its argument inside: `jnp.arccos(jnp.clip(x, -1 + 1e-6, 1 - 1e-6))`.",
    "arcsin": "Keep its argument inside: `jnp.arcsin(jnp.clip(x, -1 + 1e-6, 1 - 1e-6))`.",
    "power": "Keep 0 away from the power: `jnp.where(x > 0, x, 1.0) ** p` inside the outer `jnp.where`.",
}
_MASKED = (
    "Where a `jnp.where` or a maximum hides the value afterwards, its gradient still passes through here: give the "
    "operation a harmless input first, `jnp.where(ok, x, 1.0)`."
)


def remedy(primitive: str, direction: str, why: str, dtype: str, code: str) -> str:
    """Return a sentence on what to write instead; "" where nothing is sure.

    Args:
      primitive: JAX's name of the operation.
      direction: "forward", "backward" or "input".
      why: as `why.why` tells it.
      dtype: of the bad output.
      code: the expression in the user's line, or the whole line.
    """
    if direction == "input":
        return "Look at where this argument is made: whatever is done with it cannot be finite."
    called = [name.rsplit(".")[-1] for name in _CALL.findall(code)]
    if direction == "backward":
        for name, advice in _GRADIENTS.items():
            if name in called or (name == "power" and "**" in code and primitive in ("pow", "div", "mul", "log")):
                return advice
    forward = _forward(primitive, why, dtype)
    if direction == "backward":
        return f"{forward} {_MASKED}".strip()
    return forward


def _forward(primitive: str, why: str, dtype: str) -> str:
    if primitive in ("log", "log2", "log1p"):
        if "negative" in why:
            return (
                "Its argument must not be negative: look at how it is made, or write `jnp.log(jnp.maximum(x, 1e-6))`."
            )
        return (
            "Write `jnp.log(jnp.maximum(x, 1e-6))`, or `jnp.log(x + 1e-6)`. For a probability take "
            "`jax.nn.log_softmax` of the scores instead."
        )
    if primitive in ("exp", "exp2", "expm1"):
        return (
            "Subtract the largest first: `jnp.exp(x - x.max())`. For a softmax write `jax.nn.softmax`, for the "
            "logarithm of a sum `jax.nn.logsumexp`; else clip: `jnp.exp(jnp.minimum(x, 80.0))`."
        )
    if primitive in ("div", "rsqrt"):
        return (
            "Keep the divisor away from 0: `a / jnp.where(b == 0, 1.0, b)` inside an outer "
            "`jnp.where(b == 0, 0.0, ...)`, or add a small number, `a / (b + 1e-8)`."
        )
    if primitive == "sqrt":
        return "Write `jnp.sqrt(jnp.maximum(x, 0.0))`: rounding may leave a small negative number where 0 belongs."
    if primitive in ("pow", "integer_pow"):
        return "Keep the base above 0: `jnp.maximum(x, 1e-6) ** p`."
    if why.startswith("too large"):
        if dtype in ("float16", "bfloat16"):
            return "Compute this step in float32: `x.astype(jnp.float32)`, and go back to the small dtype afterwards."
        return "Scale the numbers down before this line, lower the learning rate, or clip the gradients."
    if why.startswith("infinity minus"):
        return "Infinities meet here: look one step earlier, at what made them."
    return ""
