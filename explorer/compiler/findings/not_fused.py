"""Elementwise work and reductions that stand alone, though what they take or give is another such step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explorer.compiler.findings.evidence import Evidence
from explorer.compiler.findings.finding import Finding
from explorer.compiler.findings.heaviest import heaviest
from explorer.compiler.findings.words import amount, percent, several

# fmt: off
ELEMENTWISE = frozenset((
    "abs", "add", "and", "atan2", "cbrt", "ceil", "clamp", "compare", "complex", "convert", "cosine", "divide", "erf",
    "exponential", "exponential-minus-one", "floor", "imag", "is-finite", "log", "log-plus-one", "logistic", "maximum",
    "minimum", "multiply", "negate", "not", "or", "popcnt", "power", "real", "reduce-precision", "remainder",
    "round-nearest-afz", "round-nearest-even", "rsqrt", "select", "shift-left", "shift-right-arithmetic",
    "shift-right-logical", "sign", "sine", "sqrt", "subtract", "tan", "tanh", "xor",
))
# fmt: on
FUSIBLE = ELEMENTWISE | {"reduce", "broadcast", "iota"}
PASSIVE = frozenset({"parameter", "constant", "bitcast", "broadcast", "reshape", "get-tuple-element"})


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield the lines whose steps stand alone, those that move most bytes first."""
    alone = {
        index: op
        for index in np.flatnonzero(evidence.moved > 0).tolist()
        if (op := _single(evidence, index)) and _has_neighbour(evidence, index)
    }
    for heavy in heaviest(evidence, alone):
        names = ", ".join(dict.fromkeys(alone[index] for index in heavy.instructions))
        count = len(heavy.instructions)
        runs = "runs as a step of its own" if count == 1 else f"run as {several(count, 'step')} of their own"
        where = evidence.said(heavy.place) or "What no line of yours made"
        text = (
            f"{where}: {names} {runs} beside elementwise work that "
            f"it could be fused with. It moves {amount(heavy.bytes, 'B')} in one call, {percent(heavy.share)} of all "
            "bytes. “Why not fused?” tells whether the compiler recorded why."
        )
        yield Finding("not_fused", text, "modelled", heavy.bytes, "bytes", heavy.share, "hlo", heavy.lines, heavy.place)


def _single(evidence: Evidence, index: int) -> str:
    """Return the one elementwise operation or reduction that a step consists of; "" where it has more, or others."""
    working = [part.opcode for part in evidence.parts(index) if part.opcode not in PASSIVE]
    return working[0] if len(working) == 1 and working[0] in ELEMENTWISE | {"reduce"} else ""


def _has_neighbour(evidence: Evidence, index: int) -> bool:
    """Say whether a step takes from, or gives to, another one that consists of fusible work only."""
    for other in (*evidence.operands.get(index, ()), *evidence.users.get(index, ())):
        working = {part.opcode for part in evidence.parts(other)} - PASSIVE
        if evidence.moved[other] > 0 and working and working <= FUSIBLE:
            return True
    return False
