"""The update of one weight, line by line with its numbers, for the optimizers whose formula is written here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Lines = tuple[list[str], float]  # the formula with its numbers, and the update it comes to


class Given(NamedTuple):
    """What goes into the update of one weight.

    Args:
      gradient, weight: before the update.
      moments: what the state held of it before.
      rate: the learning rate.
      options: of the optimizer.
      time: updates taken, this one included.
    """

    gradient: float
    weight: float
    moments: Mapping[str, float]
    rate: float
    options: Mapping[str, Any]
    time: int


def lines_of(name: str, given: Given) -> Lines | None:
    """Return the formula of an optimizer with the numbers in it; None where it is not written here."""
    formula = _FORMULAS.get(name)
    return formula(given) if formula else None


def _adam(given: Given) -> Lines | None:
    g, options, t = given.gradient, given.options, given.time
    b1, b2, eps, root = (options[key] for key in ("b1", "b2", "eps", "eps_root"))
    if options.get("nesterov") or options.get("mask") is not None:
        return None
    m = b1 * given.moments["mu"] + (1 - b1) * g
    v = b2 * given.moments["nu"] + (1 - b2) * g * g
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    step = m_hat / (math.sqrt(v_hat + root) + eps)
    inner = f"{_n(v_hat)} + {_n(root)}" if root else _n(v_hat)
    lines = [
        f"m = β₁ m + (1 − β₁) g = {_n(b1)} · {_n(given.moments['mu'])} + {_n(1 - b1)} · {_n(g)} = {_n(m)}",
        f"v = β₂ v + (1 − β₂) g² = {_n(b2)} · {_n(given.moments['nu'])} + {_n(1 - b2)} · {_n(g)}² = {_n(v)}",
        f"m̂ = m / (1 − β₁ᵗ) = {_n(m)} / (1 − {_n(b1)}^{t:,}) = {_n(m_hat)}   (bias correction)",
        f"v̂ = v / (1 − β₂ᵗ) = {_n(v)} / (1 − {_n(b2)}^{t:,}) = {_n(v_hat)}   (bias correction)",
    ]
    decay = options.get("weight_decay") or 0.0
    update = -given.rate * (step + decay * given.weight)
    if decay:
        lines.append(
            f"update = −η (m̂ / (√v̂ + ε) + λ w) = −{_n(given.rate)} · ({_n(m_hat)} / (√{inner} + {_n(eps)})"
            f" + {_n(decay)} · {_n(given.weight)}) = {_n(update)}"
        )
    else:
        lines.append(
            f"update = −η m̂ / (√v̂ + ε) = −{_n(given.rate)} · {_n(m_hat)} / (√{inner} + {_n(eps)}) = {_n(update)}"
        )
    return lines, update


def _sgd(given: Given) -> Lines | None:
    return _traced(given, given.gradient, "g")


def _traced(given: Given, g: float, symbol: str) -> Lines:
    """Momentum, if any, and the learning rate."""
    momentum, rate = given.options.get("momentum"), given.rate
    if momentum is None:
        update = -rate * g
        return [f"update = −η {symbol} = −{_n(rate)} · {_n(g)} = {_n(update)}"], update
    b = momentum * given.moments["trace"] + g
    lines = [f"b = β b + {symbol} = {_n(momentum)} · {_n(given.moments['trace'])} + {_n(g)} = {_n(b)}   (momentum)"]
    if given.options.get("nesterov"):
        update = -rate * (g + momentum * b)
        lines.append(
            f"update = −η ({symbol} + β b) = −{_n(rate)} · ({_n(g)} + {_n(momentum)} · {_n(b)}) = {_n(update)}"
        )
    else:
        update = -rate * b
        lines.append(f"update = −η b = −{_n(rate)} · {_n(b)} = {_n(update)}")
    return lines, update


def _rmsprop(given: Given) -> Lines | None:
    options, g = given.options, given.gradient
    if options["centered"] or options["momentum"] is not None or options["bias_correction"]:
        return None
    decay, eps = options["decay"], options["eps"]
    v = decay * given.moments["nu"] + (1 - decay) * g * g
    inside = options["eps_in_sqrt"]
    update = -given.rate * g / (math.sqrt(v + eps) if inside else math.sqrt(v) + eps)
    said = f"√({_n(v)} + {_n(eps)})" if inside else f"(√{_n(v)} + {_n(eps)})"
    symbol = "√(v + ε)" if inside else "(√v + ε)"
    return [
        f"v = β v + (1 − β) g² = {_n(decay)} · {_n(given.moments['nu'])} + {_n(1 - decay)} · {_n(g)}² = {_n(v)}",
        f"update = −η g / {symbol} = −{_n(given.rate)} · {_n(g)} / {said} = {_n(update)}",
    ], update


def _adagrad(given: Given) -> Lines | None:
    g, eps = given.gradient, given.options["eps"]
    s = given.moments["sum_of_squares"] + g * g
    update = -given.rate * g / math.sqrt(s + eps) if s > 0 else 0.0
    return [
        f"s = s + g² = {_n(given.moments['sum_of_squares'])} + {_n(g)}² = {_n(s)}",
        f"update = −η g / √(s + ε) = −{_n(given.rate)} · {_n(g)} / √({_n(s)} + {_n(eps)}) = {_n(update)}",
    ], update


def _n(number: float) -> str:
    return f"{number:.4g}".replace("-", "−")


_FORMULAS: Mapping[str, Callable[[Given], Lines | None]] = {
    "adam": _adam,
    "adamw": _adam,
    "sgd": _sgd,
    "rmsprop": _rmsprop,
    "adagrad": _adagrad,
}
