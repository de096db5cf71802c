"""Parts of a graph that repeat one after the other, such as the layers of a network: found, and checked to be equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LONGEST = 4_000  # nodes of one layer at most
SMALLEST = 6  # nodes that a fold must spare


@dataclass(frozen=True, order=True, slots=True)
class Repeat:
    """A part that repeats: `count` times `period` nodes, from `first` on, in an order of the nodes."""

    first: int
    period: int
    count: int


def in_order(operands: Sequence[Sequence[int]], roots: Sequence[int]) -> list[int]:
    """Return the nodes so that what a node reads comes right before it; layer after layer lies in a row then.

    Args:
      operands: of each node, the nodes it reads.
      roots: the nodes to begin from; those that they do not lead to come at the end.
    """
    order: list[int] = []
    seen = bytearray(len(operands))
    for root in (*roots, *range(len(operands))):
        stack = [(root, 0)] if not seen[root] else []
        while stack:
            node, at = stack.pop()
            seen[node] = 1
            rest = operands[node]
            while at < len(rest) and seen[rest[at]]:
                at += 1
            if at < len(rest):
                stack += [(node, at + 1), (rest[at], 0)]
            else:
                order.append(node)
    return order


def repeats_in(order: Sequence[int], operands: Sequence[Sequence[int]], same: Sequence[int]) -> list[Repeat]:
    """Return the parts that repeat, none of which overlap, those that spare most first found.

    Args:
      order: the nodes, as `in_order` gives them.
      operands: of each node, the nodes it reads.
      same: of each node a number; two have the same where they do the same.
    """
    word = np.array([same[node] for node in order], np.int64)
    place = {node: i for i, node in enumerate(order)}
    reads = [[place[o] for o in operands[node]] for node in order]
    free = np.ones(len(word), bool)
    found: list[Repeat] = []
    for first, period, length in sorted(_runs(word), key=lambda run: (-(run[2] // run[1]) * run[1], run[1])):
        if not free[first : first + length + period].all():
            continue
        repeat = _checked(first, period, length // period + 1, reads)
        if repeat is not None:
            found.append(repeat)
            free[repeat.first : repeat.first + repeat.period * repeat.count] = False
    return sorted(found)


def _runs(word: np.ndarray) -> list[tuple[int, int, int]]:
    """Return (first, period, length) of stretches in which every number comes again one period later."""
    runs = []
    for period in range(1, min(LONGEST, len(word) // 2) + 1):
        equal = np.concatenate([[False], word[:-period] == word[period:], [False]])
        edges = np.flatnonzero(equal[1:] != equal[:-1])
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if end - start >= period and end - start >= SMALLEST:
                runs.append((start, period, end - start))
    return runs


def _checked(first: int, period: int, count: int, reads: Sequence[Sequence[int]]) -> Repeat | None:
    """Return the longest part of the repeat whose turns also read the same: what lies one turn back, or outside."""

    def alike(turn: int) -> bool:
        start = first + turn * period
        for at in range(start, start + period):
            now, next_ = reads[at], reads[at + period]
            if len(now) != len(next_):
                return False
            for a, b in zip(now, next_, strict=True):
                if b - a != period and not (a == b and a < first):
                    return False
        return True

    best = Repeat(first, period, 1)
    turn = begin = 0
    while turn < count:
        last = turn + 1 >= count or not alike(turn)
        if last:
            if turn - begin + 1 > best.count:
                best = Repeat(first + begin * period, period, turn - begin + 1)
            begin = turn + 1
        turn += 1
    return best if best.count > 1 and best.period * (best.count - 1) >= SMALLEST else None
