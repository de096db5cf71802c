"""Floating point values that are turned into a wider type: f32 into f64, bf16 into f32.

They are looked for before optimization, where they are what the program says; on some devices the compiler adds its
own. A half-precision value that is widened only to be summed is left out: that is how sums should be made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from explorer.compiler.findings.evidence import Evidence, grouped, place_in
from explorer.compiler.findings.finding import Finding
from explorer.compiler.findings.words import amount, several
from explorer.compiler.hlo.computation import Computation
from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.hlo.shapes import ArrayShape, bits
from explorer.compiler.source import Place

FLOATS = ("f", "bf")
SUMS = frozenset({"reduce", "reduce-window"})
ASKED = ("astype", "convert_element_type", "preferred_element_type", "dtype")  # what asks for a type by name
MOST = 5


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield the lines that widen values, those with the most bytes first."""
    stage = "hlo" if evidence.before is None else "hlo_before"
    module, links = evidence.before or (evidence.module, evidence.links)
    widened = {i.index: (i, old) for computation in module.computations for i, old in _widened(computation)}
    groups = grouped((place_in(links, module.lines[index]), index) for index in widened)
    sizes = {key: sum(widened[index][0].shape.bytes for _, index in found) for key, found in groups.items()}
    for key in sorted(groups, key=lambda key: -sizes[key])[:MOST]:
        found = sorted(groups[key], key=lambda item: -widened[item[1]][0].shape.bytes)
        place, largest = found[0]
        instruction, old = widened[largest]
        new = instruction.shape
        assert isinstance(new, ArrayShape)
        shape = f"{new.dtype}[{','.join(map(str, new.dimensions))}]"
        many = shape if len(found) == 1 else f"{several(len(found), 'value')}, the largest {shape}"
        turns = f"{evidence.said(place) or 'Some operation'} turns {old} into {new.dtype}"
        text = f"{turns}: {many}, {amount(sizes[key], 'B')}. {_why(evidence, place, old, new.dtype)}"
        lines = tuple(module.lines[index] + 1 for _, index in found[:20])
        yield Finding("promotion", text, "fact", float(sizes[key]), "bytes", None, stage, lines, place)


def _widened(computation: Computation) -> Iterator[tuple[Instruction, str]]:
    """Yield the conversions to a wider floating point type, with the type before."""
    module = computation.module
    converts = [i for i in computation if i.opcode == "convert" and i.shape_text.startswith(FLOATS)]
    if not converts:
        return
    named = {i.printed_name: i for i in computation}
    users: dict[str, set[str]] = defaultdict(set)
    for instruction in computation:
        for operand in instruction.operands:
            users[operand.name].add(module.opcodes[module.opcode_of[instruction.index]])
    for instruction in converts:
        given = named.get(instruction.operands[0].name)
        old, new = (None if given is None else given.shape), instruction.shape
        if not isinstance(old, ArrayShape) or not isinstance(new, ArrayShape) or not old.dtype.startswith(FLOATS):
            continue
        wider = bits(new.dtype) > bits(old.dtype)
        summed = (
            bits(new.dtype) <= 32 and bool(users[instruction.printed_name]) and users[instruction.printed_name] <= SUMS
        )
        if wider and not summed and (new.dtype == "f64" or new.size > 1):
            yield instruction, old.dtype


def _why(evidence: Evidence, place: Place | None, old: str, new: str) -> str:
    if place is not None and any(word in evidence.code(place) for word in ASKED):
        return "The line asks for it."
    if new == "f64":
        return "One operand is f64, often a NumPy scalar or array; jnp.asarray(..., dtype) keeps the narrower type."
    return f"One operand is {new}, such as a NumPy scalar or an array of another type; a Python number keeps {old}."
