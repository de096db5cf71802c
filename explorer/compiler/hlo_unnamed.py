"""Instructions that come from the user's line and say nothing of it: they are followed to what uses them.

Where XLA makes another instruction of a product (a `dot` of a matrix with a vector becomes one of two matrices), it
leaves the name and the place of the old one on the reshape or bitcast of the result. The product is what costs, so it
is followed to what uses it. A constant is no operation: JAX gives it no place, and XLA that of a loop around it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

_WORKS = (" dot(", " convolution(", " custom-call(")
_SPREADS = re.compile(r" broadcast\(%?([\w.-]+)\)")
_DEFINES = re.compile(r"\s*(?:ROOT )?%?([\w.-]+) = ")
_WORD = re.compile(r"[\w.-]+")
_PARAMETER = re.compile(r"\s*%?([\w.-]+) = .* parameter\((\d+)\)")
_FUSED = re.compile(r" fusion\((.*?)\), .*\bcalls=%?([\w.-]+)")
_OPERAND = re.compile(r"%?([\w.-]+)(?=,|$)")
FAR = 3  # instructions without a place that are passed on the way


def products(lines: Sequence[str]) -> Iterator[int]:
    """Yield the lines that may do the work of another one."""
    return (n for n, line in enumerate(lines) if any(word in line for word in _WORKS))


def constants(lines: Sequence[str], computations: Mapping[str, tuple[int, int]]) -> Iterator[int]:
    """Yield the lines of constants, and those that spread one over an array."""
    for start, end in computations.values():
        found = set()
        for number in range(start, end):
            if " constant(" in lines[number]:
                head = _DEFINES.match(lines[number])
                found.add(head[1] if head else "")
                yield number
            elif (spread := _SPREADS.search(lines[number])) and spread[1] in found:
                yield number


def followed(
    lines: Sequence[str], computations: Mapping[str, tuple[int, int]], placed: Sequence[int], wanted: Sequence[int]
) -> Iterator[tuple[int, list[int]]]:
    """Yield lines, each with those that use its result and have a place; those that nobody uses are left out.

    Args:
      lines: of the module.
      computations: the first line of each, and the line after its last.
      placed: for each line, not 0 where it has a place.
      wanted: the lines to follow, ascending.
    """
    for start, end in sorted(computations.values()):
        some = wanted[bisect_left(wanted, start) : bisect_left(wanted, end)]
        if not some:
            continue
        users = _users(lines, start, end)
        for number in some:
            found = list(dict.fromkeys(_placed_users(lines, computations, placed, users, number, FAR)))
            if found:
                yield number, found


def _users(lines: Sequence[str], start: int, end: int) -> dict[str, list[int]]:
    """Return the lines of a computation that mention each name of it, but for the one that defines it."""
    names = {found[1] for line in lines[start:end] if (found := _DEFINES.match(line))}
    users: dict[str, list[int]] = defaultdict(list)
    for number in range(start, end):
        head = _DEFINES.match(lines[number])
        if head:
            for name in set(_WORD.findall(lines[number].partition(", metadata=")[0], head.end())) & names:
                users[name].append(number)
    return users


def _placed_users(
    lines: Sequence[str],
    computations: Mapping[str, tuple[int, int]],
    placed: Sequence[int],
    users: Mapping[str, list[int]],
    number: int,
    far: int,
) -> Iterator[int]:
    head = _DEFINES.match(lines[number])
    for user in users.get(head[1], ()) if head else ():
        fused = _FUSED.search(lines[user])
        if fused:
            yield from _inside(lines, computations, placed, fused, head[1] if head else "", far)
        elif placed[user]:
            yield user
        elif far:
            yield from _placed_users(lines, computations, placed, users, user, far - 1)


def _inside(
    lines: Sequence[str],
    computations: Mapping[str, tuple[int, int]],
    placed: Sequence[int],
    fused: re.Match[str],
    name: str,
    far: int,
) -> Iterator[int]:
    """Yield the lines of a fusion that use the operand of a name."""
    start, end = computations.get(fused[2], (0, 0))
    places = {str(i) for i, operand in enumerate(_OPERAND.findall(fused[1])) if operand == name}
    inner = _users(lines, start, end)
    for number in range(start, end):
        parameter = _PARAMETER.match(lines[number])
        if parameter and parameter[2] in places:
            yield from _placed_users(lines, computations, placed, inner, number, far)
