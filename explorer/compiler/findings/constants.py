"""Large constants that are part of the program itself."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.compiler.findings.evidence import Evidence, place_in
from explorer.compiler.findings.finding import Finding
from explorer.compiler.findings.words import amount
from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.hlo.module import Module
from explorer.compiler.hlo.shapes import ArrayShape
from explorer.compiler.links import Links
from explorer.compiler.source import Place

LARGE = 1_000_000  # bytes
MOST = 5


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield the constants of a megabyte or more, the largest first."""
    large = _large(evidence.module)
    written = [] if evidence.before is None else _large(evidence.before[0])
    known = {_type(constant): constant for constant in written}
    for constant in sorted(large, key=lambda c: -c.shape.bytes)[:MOST]:
        place = _used_at(evidence.links, constant)
        size, kind = constant.shape.bytes, _type(constant)
        if evidence.before is not None and kind in known:
            place = place or _used_at(evidence.before[1], known[kind])
            why = (
                "It is an array from outside the function (a closure or a global) that tracing made part of it: "
                "give it as an argument, so that it is not compiled in, nor copied for each program that uses it."
            )
        elif evidence.before is not None:
            why = "XLA computed it while compiling (constant folding), from values that are the same in every call."
        else:
            why = "It is an array from outside the function, or XLA computed it while compiling."
        where = evidence.said(place)
        text = (
            f"{where + ': a' if where else 'A'} constant of {amount(size, 'B')} ({kind}) is part of the program. {why}"
        )
        yield Finding("constant", text, "fact", float(size), "bytes", None, "hlo", (constant.line,), place)


def _large(module: Module) -> list[Instruction]:
    if "constant" not in module.opcodes:
        return []
    code = module.opcodes.index("constant")
    constants = (Instruction(module, index) for index, found in enumerate(module.opcode_of) if found == code)
    return [c for c in constants if not c.shape_text.endswith("[]") and c.shape.bytes >= LARGE]


def _type(constant: Instruction) -> str:
    shape = constant.shape
    return f"{shape.dtype}[{','.join(map(str, shape.dimensions))}]" if isinstance(shape, ArrayShape) else "a tuple"


def _used_at(links: Links, constant: Instruction) -> Place | None:
    """Return where a constant is used: its own place, or that of the first instruction that takes it."""
    own = place_in(links, constant.line - 1)
    if own is not None:
        return own
    name = constant.printed_name
    users = (i for i in constant.computation if any(operand.name == name for operand in i.operands))
    return next((place for i in users if (place := place_in(links, i.line - 1)) is not None), None)
