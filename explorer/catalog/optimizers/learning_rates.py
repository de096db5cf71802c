"""The learning rate that the picker starts with: measured, since no one rate suits every optimizer."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from explorer.catalog.optimizers.factories import Factory

NEARLY = 0.03  # accuracies this close to the best count as good
UNKNOWN = 1e-3  # for an optimizer that was not measured: small enough to be slow rather than to blow up


def default(factory: Factory) -> float | None:
    """Return the learning rate to start with; None where the optimizer finds it by itself.

    The optimizer's own default stands, unless it was measured and came out more than `NEARLY` below the best.
    Else it is the smallest rate within `NEARLY` of the best: nearly as good on the network that was measured,
    and further from blowing up on a steeper loss. One not measured and without a default starts at `UNKNOWN`.
    """
    own = factory.parameters[factory.rate].default
    measured = _measured().get(factory.name)
    if not measured:
        return UNKNOWN if own is factory.parameters[factory.rate].empty else own
    good = max(measured.values()) - NEARLY
    if isinstance(own, int | float) and measured.get(float(own), 1.0) >= good:
        return float(own)
    return min(rate for rate, accuracy in measured.items() if accuracy >= good)


@cache
def _measured() -> dict[str, dict[float, float]]:
    text = resources.files(__package__).joinpath("learning_rates.json").read_text(encoding="utf-8")
    table = json.loads(text)
    return {name: dict(zip(table["rates"], row, strict=True)) for name, row in table["accuracy"].items()}
