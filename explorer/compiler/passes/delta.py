"""The exact difference of two texts by lines, from which the second is made of the first again.

XLA's names are nearly all different, so lines that occur once in both texts hold the rest in place; that takes time in
proportion to the text, where a comparison of everything with everything would take minutes for a large program. What
lies between them is aligned without names: there, a line that says the same of the same values was only renamed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from explorer.compiler.difference import aligned, marked, unrenamed

CLOSE = 1_000_000  # pairs of lines up to which a gap is compared line by line
_DEFINES = re.compile(r"\s*(?:ROOT |ENTRY )?(%[\w.-]+) ")

Block = tuple[int, int, int]  # index in the first, index in the second, length


class Edit(NamedTuple):
    """Lines that give way to others.

    Args:
      at: the first of them in the text before, from 0.
      removed: how many there are.
      added: what comes in their place.
      renamed: whether both say the same, line by line, but for names and metadata.
    """

    at: int
    removed: int
    added: tuple[str, ...]
    renamed: bool


def edits_of(old: Sequence[str], new: Sequence[str]) -> tuple[Edit, ...]:
    """Return the edits that make the lines `new` of the lines `old`, in order."""
    kept = same_lines(old, new)
    gaps = list(_gaps(kept, len(old), len(new)))
    same = _renamed(old, new, kept, gaps)
    return tuple(edit for i, i_end, j, j_end in gaps for edit in _edits(old, new, same, (i, i_end, j, j_end)))


def applied(lines: Sequence[str], edits: Iterable[Edit]) -> list[str]:
    """Return lines after edits."""
    result: list[str] = []
    at = 0
    for edit in edits:
        result += lines[at : edit.at]
        result += edit.added
        at = edit.at + edit.removed
    result += lines[at:]
    return result


def same_lines(old: Sequence[str], new: Sequence[str]) -> list[Block]:
    """Return blocks of the same lines, in order: those that occur once in both, and their neighbours."""
    blocks: list[Block] = []
    i_end = j_end = 0

    def extend(i: int, j: int) -> None:
        nonlocal i_end, j_end
        if i < i_end:
            return  # in the block before
        first = 0
        while i - first > i_end and j - first > j_end and old[i - first - 1] == new[j - first - 1]:
            first += 1
        last = 0
        while i + last < len(old) and j + last < len(new) and old[i + last] == new[j + last]:
            last += 1
        if first + last:
            blocks.append((i - first, j - first, first + last))
            i_end, j_end = i + last, j + last

    extend(0, 0)
    for i, j in _anchors(old, new):
        if j >= j_end:
            extend(i, j)
    extend(len(old), len(new))
    return blocks


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of lines that occur once in both, as many as are in the same order."""
    theirs = _once(new)
    pairs = [(i, theirs[line]) for line, i in _once(old).items() if line in theirs]
    ends: list[int] = []  # the smallest place in `new` where an ordered run of each length ends
    of: list[int] = []  # the pair there
    before: list[int] = []  # the pair before each pair, in the longest run that it ends
    for number, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(of[length - 1] if length else -1)
        ends[length : length + 1] = [j]
        of[length : length + 1] = [number]
    run = []
    number = of[-1] if of else -1
    while number >= 0:
        run.append(pairs[number])
        number = before[number]
    return run[::-1]


def _once(lines: Sequence[str]) -> dict[str, int]:
    """Return the places of the lines that occur once, in order."""
    places: dict[str, int] = {}
    twice = set()
    for place, line in enumerate(lines):
        if line in places:
            twice.add(line)
        else:
            places[line] = place
    for line in twice:
        del places[line]
    return places


def _gaps(blocks: Iterable[Block], old: int, new: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield what lies between blocks: from and to in the first, from and to in the second."""
    i = j = 0
    for i_next, j_next, size in [*blocks, (old, new, 0)]:
        if i < i_next or j < j_next:
            yield i, i_next, j, j_next
        i, j = i_next + size, j_next + size


def _renamed(
    old: Sequence[str], new: Sequence[str], kept: Sequence[Block], gaps: Sequence[tuple[int, int, int, int]]
) -> dict[int, int]:
    """Return the lines of the gaps, places in old to places in new, that differ by names and metadata at most."""
    both = [gap for gap in gaps if gap[0] < gap[1] and gap[2] < gap[3]]
    olds = list(marked([line for i, end, _, _ in both for line in old[i:end]], "hlo"))
    news = list(marked([line for _, _, j, end in both for line in new[j:end]], "hlo"))
    pairs: dict[int, int] = {}
    i = j = 0
    for i_from, i_to, j_from, j_to in both:
        i_end, j_end = i + i_to - i_from, j + j_to - j_from
        blocks = _alike([line.key for line in olds[i:i_end]], [line.key for line in news[j:j_end]])
        pairs.update({i + a + k: j + b + k for a, b, size in blocks for k in range(size)})
        i, j = i_end, j_end
    if not pairs:
        return {}
    names = (_DEFINES.match(line) for i, _, size in kept for line in old[i : i + size])
    same = unrenamed(olds, news, pairs, [found[1] for found in names if found])
    at = [n for i, end, _, _ in both for n in range(i, end)]
    to = [n for _, _, j, end in both for n in range(j, end)]
    return {at[i]: to[j] for i, j in same.items()}


def _alike(old: Sequence[str], new: Sequence[str]) -> Iterator[Block]:
    """Yield blocks of the same keys."""
    if len(old) * len(new) <= CLOSE:
        yield from aligned(old, new)
        return
    found = same_lines(old, new)
    yield from found
    for i, i_end, j, j_end in _gaps(found, len(old), len(new)):
        if (i_end - i) * (j_end - j) <= CLOSE:
            for a, b, size in aligned(old[i:i_end], new[j:j_end]):
                yield i + a, j + b, size


def _edits(
    old: Sequence[str], new: Sequence[str], same: dict[int, int], gap: tuple[int, int, int, int]
) -> Iterator[Edit]:
    """Yield the edits of one gap: what changed, and runs of what was only renamed."""
    i, i_end, j, j_end = gap
    while i < i_end or j < j_end:
        next_i = next((n for n in range(i, i_end) if n in same), i_end)
        next_j = same.get(next_i, j_end) if next_i < i_end else j_end
        if next_i > i or next_j > j:
            yield Edit(i, next_i - i, tuple(new[j:next_j]), False)
        i, j = next_i, next_j
        while i < i_end and same.get(i) == j:
            start_i, start_j = i, j
            while i < i_end and same.get(i) == j and old[i] != new[j]:
                i, j = i + 1, j + 1
            if i > start_i:
                yield Edit(start_i, i - start_i, tuple(new[start_j:j]), True)
            while i < i_end and same.get(i) == j and old[i] == new[j]:
                i, j = i + 1, j + 1
