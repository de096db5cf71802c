"""What is exchanged among devices, and the lines that make it necessary."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.compiler.collectives import devices_of, kind_of, parts_of
from explorer.compiler.findings.evidence import Evidence
from explorer.compiler.findings.finding import Finding
from explorer.compiler.findings.words import amount, several
from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.source import Place

MOST = 5
DOES = {
    "all-reduce": "is summed, or the like, over all devices of a group, and each gets the whole",
    "all-gather": "is put together from the pieces of all devices of a group, and each gets the whole",
    "reduce-scatter": "is summed, or the like, over all devices of a group, and each keeps its piece",
    "all-to-all": "is split on every device of a group, and each gets its piece of all",
    "ragged-all-to-all": "is split on every device of a group, and each gets its piece of all",
    "collective-permute": "goes from each device to another one",
    "collective-broadcast": "goes from one device of a group to all",
}


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield the lines that make devices exchange data, those that exchange most bytes first."""
    groups: dict[tuple[str, int, int], list[tuple[Instruction, int, Place | None]]] = {}
    for instruction in evidence.module:
        kind = kind_of(instruction)
        for _, size, made in parts_of(instruction) if kind is not None else ():
            place = evidence.place(made.index) or evidence.place(instruction.index)
            key = (str(kind), -1, 0) if place is None else (str(kind), place.file, place.line)
            groups.setdefault(key, []).append((instruction, size, place))
    heaviest = sorted(groups.items(), key=lambda group: -sum(size for _, size, _ in group[1]))
    for (kind, _, _), parts in heaviest[:MOST]:
        place = parts[0][2]
        found = list({instruction.index: instruction for instruction, _, _ in parts}.values())
        where = evidence.said(place) or "No line of yours"
        moved, among = sum(size for _, size, _ in parts), devices_of(found[0])
        over = "" if among is None else f" among {among:,} devices"
        what = f"{several(len(found), kind)}{over}: {amount(moved, 'B')} {DOES[kind]}"
        lines = tuple(one.line for one in found[:20])
        yield Finding("collective", f"{where} needs {what}.", "fact", float(moved), "bytes", None, "hlo", lines, place)
