"""The places whose instructions of one sort move most bytes: those worth a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from explorer.compiler.findings.evidence import Evidence, grouped
from explorer.compiler.source import Place

MOST = 5
LEAST = 0.01  # of all bytes moved
FEWEST = 4096  # bytes, less is not worth a sentence
LINES = 20  # of the text, named at most


class Heavy(NamedTuple):
    """Instructions of one place.

    Args:
      place: where they come from, of the one that moves most; None where no line of the person's made them.
      instructions: their numbers, those that move most first.
      bytes: what they move in one call.
      share: of all bytes that the program moves.
      lines: of the HLO text, from 1.
    """

    place: Place | None
    instructions: list[int]
    bytes: float
    share: float
    lines: tuple[int, ...]


def heaviest(evidence: Evidence, instructions: Iterable[int]) -> Iterator[Heavy]:
    """Yield the places of these instructions, those that move most bytes first, as far as they matter."""
    total = float(evidence.moved.sum())
    groups = grouped((evidence.place(index), index) for index in instructions)
    weights = {key: float(sum(evidence.moved[index] for _, index in found)) for key, found in groups.items()}
    for key in sorted(groups, key=lambda key: -weights[key])[:MOST]:
        share = weights[key] / total
        if share < LEAST or weights[key] < FEWEST:
            break
        found = sorted(groups[key], key=lambda item: -evidence.moved[item[1]])
        lines = tuple(evidence.module.lines[index] + 1 for _, index in found[:LINES])
        yield Heavy(found[0][0], [index for _, index in found], weights[key], share, lines)
