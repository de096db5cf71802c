"""Finding the end of things in a line of HLO: strings, brackets, lists.

All of it works on offsets into a text, so that nothing is copied, and looks at each character once. What is
wrong is a `ValueError` here; who knows the line makes an `HloSyntaxError` of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_NEXT = re.compile(r'["(){}\[\]]|/\*')
_STRING = re.compile(r'"(?:[^"\\\n]++|\\.)*+"')
_ITEM = re.compile(r'["(){}\[\],]|/\*')
_CLOSES = {"(": ")", "{": "}", "[": "]"}
_INDEX = re.compile(r"/\*index=(\d+)\*/")
INTERVAL = 5  # XLA numbers every fifth element of a long list in a comment


def end_of_string(text: str, start: int, end: int) -> int:
    """Return the offset after the quoted string that starts at `start`."""
    found = _STRING.match(text, start, end)
    if found is None:
        raise ValueError("a string is not closed")
    return found.end()


def end_of_brackets(text: str, start: int, end: int) -> int:
    """Return the offset after the bracket that closes the one at `start`; strings and comments are passed over."""
    open_: list[str] = []
    position = start
    while (found := _NEXT.search(text, position, end)) is not None:
        mark = found[0]
        if mark == '"':
            position = end_of_string(text, found.start(), end)
            continue
        position = found.end()
        if mark == "/*":
            position = _end_of_comment(text, position, end)
        elif mark in _CLOSES:
            open_.append(_CLOSES[mark])
        elif not open_ or open_.pop() != mark:
            raise ValueError(f"'{mark}' closes nothing")
        elif not open_:
            return position
    raise ValueError(f"'{text[start]}' is not closed")


def items(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the offsets of the parts of a list between its commas; those inside brackets and strings do not count.

    The comma and the one space after it belong to no part.
    """
    position = first = start
    while (found := _ITEM.search(text, position, end)) is not None:
        mark, position = found[0], found.end()
        if mark == ",":
            if not text.startswith(" ", position, end):
                raise ValueError("a space belongs after a comma")
            yield first, found.start()
            first = position = position + 1
        elif mark == '"':
            position = end_of_string(text, found.start(), end)
        elif mark == "/*":
            position = _end_of_comment(text, position, end)
        elif mark in _CLOSES:
            position = end_of_brackets(text, found.start(), end)
        else:
            raise ValueError(f"'{mark}' closes nothing")
    if first < end or first > start:
        yield first, end


def numbered(text: str) -> tuple[list[str], bool]:
    """Return the parts of a list without the comments that number them, and whether there were any."""
    parts, marked = [], False
    for index, (first, last) in enumerate(items(text, 0, len(text))):
        part = text[first:last]
        if part.startswith("/*"):
            found = _INDEX.match(part)
            if found is None or int(found[1]) != index or index % INTERVAL:
                raise ValueError(f"the comment before part {index} of a list does not say /*index={index}*/")
            part, marked = part[found.end() :], True
        parts.append(part)
    return parts, marked


def joined(parts: Iterator[str] | list[str], marked: bool) -> str:
    """Return a list as XLA prints it, every fifth part numbered in a comment if `marked`."""
    if not marked:
        return ", ".join(parts)
    return ", ".join(f"/*index={i}*/{p}" if i and i % INTERVAL == 0 else p for i, p in enumerate(parts))


def _end_of_comment(text: str, start: int, end: int) -> int:
    close = text.find("*/", start, end)
    if close < 0:
        raise ValueError("a comment is not closed")
    return close + 2
