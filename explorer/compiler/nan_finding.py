"""What looking for NaN has found, in words and as a record."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from explorer.compiler.bad_operation import BadOperation
from explorer.compiler.excerpt import Place, excerpt
from explorer.compiler.spoken import Spoken
from explorer.records import Record


@dataclass(frozen=True)
class Look:
    """One try: the function itself, or its gradient.

    Args:
      direction: "forward" or "backward".
      finite: whether everything was; None where it was not tried.
      reason: why it was not tried, or not to the end; else "".
      by: what was not finite, or what was looked at last: "replay", "compiled", or "written" for infinities that
        the program writes down itself.
      unfused: where only the compiled function was not finite: whether it is with fusion off; else None.
    """

    direction: str
    finite: bool | None
    reason: str = ""
    by: str = ""
    unfused: bool | None = None

    def sentence(self) -> str:
        """Return it in words."""
        what = "The value" if self.direction == "forward" else "The gradient"
        if self.finite is None:
            return self.reason
        if self.finite:
            return f"{what} is finite: every operation of the replay, and what the compiled function gives."
        if self.by == "replay":
            return f"{what} is not finite: the replay found where it begins."
        clean = f"{what} is finite operation by operation, and what the compiled function gives is not."
        if self.by == "written":
            return (
                f"{what} holds infinities that the program writes down itself, such as the -inf of a mask: no "
                "operation made them of finite numbers."
            )
        if self.unfused:
            return f"{clean} With fusion off it is finite: fusing operations rounds differently here."
        if self.unfused is None:
            return f"{clean} This backend does not let us switch fusion off."
        return f"{clean} It is not with fusion off either, so another of XLA's optimizations makes it."


@dataclass(frozen=True)
class NanFinding(Spoken):
    """What `find_nan` found; shows itself with the line marked and the values around it.

    Args:
      name: of the function.
      operation: the first operation that made NaN or infinity, or the argument that held it; None for none.
      looks: what was tried, in turn.
      ran_on: the device, such as "cpu:0".
    """

    name: str
    operation: BadOperation | None
    looks: tuple[Look, ...]
    ran_on: str

    kind: ClassVar[str] = "nan"

    @property
    def found(self) -> bool:
        """Whether anything was not finite."""
        return any(look.finite is False for look in self.looks)

    @property
    def verdict(self) -> str:
        """In a word: "operation" or "argument" at fault, "compiled", "written", as a look says, or "finite"."""
        if self.operation is not None:
            return "argument" if self.operation.direction == "input" else "operation"
        last = next((look.by for look in self.looks if look.finite is False), "")
        return last or "finite"

    @property
    def sentence(self) -> str:
        """What was found, in plain words."""
        if self.operation is not None:
            return self.operation.sentence()
        if self.verdict == "finite":
            tried = [look for look in self.looks if look.finite]
            both = "Its value and its gradient are" if len(tried) > 1 else "Its value is"
            rest = " ".join(look.reason for look in self.looks if look.finite is None)
            return f"Everything is finite. {both} finite in every operation, and compiled. {rest}".strip()
        return " ".join(look.sentence() for look in self.looks if look.finite is False)

    @property
    def instead(self) -> str:
        """What to write instead; "" where nothing is to be changed or nothing is sure."""
        if self.operation is not None:
            return self.operation.instead
        if self.verdict == "compiled" and any(look.unfused for look in self.looks):
            return (
                "Make the operation safe against rounding, such as `jnp.sqrt(jnp.maximum(x, 0.0))`, or compile this "
                'function without fusion: `jax.jit(fn, compiler_options={"xla_disable_hlo_passes": "fusion"})`.'
            )
        return ""

    @property
    def device(self) -> str:
        """Where it ran."""
        return self.ran_on

    @property
    def subtitle(self) -> str:
        """One line on what is shown."""
        return f"Where {self.name} stops being finite" if self.found else f"{self.name} is finite"

    def __str__(self) -> str:
        return f"{self.sentence}\nInstead: {self.instead}" if self.instead else self.sentence

    def __repr__(self) -> str:
        return f"<NanFinding: {self.sentence}>"

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values; NaN and infinity as texts."""
        return dict(self.records()["bad_operation"].header)

    def records(self) -> dict[str, Record]:
        """Return what is shown, by key."""
        operation = self.operation
        header = {
            "function": self.name,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "instead": self.instead,
            "looks": [
                {"direction": look.direction, "finite": look.finite, "text": look.sentence()} for look in self.looks
            ],
            "operation": None if operation is None else _operation(operation),
            **excerpt(None if operation is None else _place(operation)),
        }
        return {"bad_operation": Record("bad_operation", header)}


def _operation(operation: BadOperation) -> dict[str, Any]:
    return {
        "primitive": operation.primitive,
        "direction": operation.direction,
        "nans": operation.nans,
        "infinities": operation.infinities,
        "shape": list(operation.shape),
        "dtype": operation.dtype,
        "loops": list(operation.loops),
        "inside": operation.inside,
        "why": operation.why,
        "where": operation.where,
        "inputs": [{"shape": list(r.shape), "low": _number(r.low), "high": _number(r.high)} for r in operation.inputs],
        "examples": [
            {"at": list(e.at), "value": _number(e.value), "inputs": [_number(v) for v in e.inputs]}
            for e in operation.examples
        ],
    }


def _place(operation: BadOperation) -> Place | None:
    if operation.file is None:
        return None
    return Place(operation.file, operation.line, operation.column, operation.end_line, operation.end_column)


def _number(value: float | None) -> float | str | None:
    """Return a number as JSON has it: what is not finite as text."""
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
