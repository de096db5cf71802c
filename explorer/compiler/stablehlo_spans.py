"""The frames each line of StableHLO comes from.

The text shown is printed without locations. The same module printed with them has the same lines in the
same order, each ended by `loc(...)`, and besides them the lines that name locations: `#loc7 =
loc(callsite(#loc3 at #loc1))`. An operation with regions has its location on its last line. What is inside
a private function that has no user frame of its own (`@relu`, `@_where`) takes the places of the lines that
call it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache

from explorer.compiler.frames import Frame, choose
from explorer.compiler.quoted import unquote

_NAMED = re.compile(r"^(#loc\d*) = (loc\(.*\))$")
_TOKEN = re.compile(
    r'#loc\d*|"(?:[^"\\]|\\.)*"(?::(\d+):(\d+)(?: to (?:(\d+))?:(\d+))?)?'
    r"|callsite\(| at |fused|<[^>]*>|[\[\](),]|\w+"
)
_FUNCTION = re.compile(r"^(\s*)func\.func (?:public |private )?@([\w.$-]+|\"[^\"]*\")")
_CALL = re.compile(r"\bcall @([\w.$-]+|\"[^\"]*\")\(")

Stack = tuple[Frame, ...]


class MisalignedError(ValueError):
    """The text with locations does not have the lines of the text without."""


def read(plain: str, debug: str, outside: frozenset[Frame]) -> list[list[Frame]]:
    """Return the frames of each line of `plain`.

    Args:
      plain: `lowered.as_text()`.
      debug: `lowered.as_text(debug_info=True)` of the same module.
      outside: the frames around the tracing; the operations do not come from them.

    Raises:
      MisalignedError: the two texts do not tell of the same module.
    """
    names, located = _split(debug)
    lines = plain.split("\n")
    stripped = [_strip(line) for line in located]
    if [text for text, _ in stripped] != lines:
        raise MisalignedError("the text with locations differs from the text without")

    @cache
    def frames(location: str) -> tuple[Frame, ...]:
        stacks = _stacks(location, names)
        chosen = (choose(frame for frame in stack if frame not in outside) for stack in stacks)
        return tuple(dict.fromkeys(frame for frame in chosen if frame is not None))

    own: list[tuple[Frame, ...]] = [()] * len(lines)
    waiting: dict[int, list[int]] = defaultdict(list)  # indent -> lines of an operation whose location is to come
    for number, (text, location) in enumerate(stripped):
        indent = len(text) - len(text.lstrip())
        waiting[indent].append(number)
        if location is not None:
            for line in waiting.pop(indent):
                own[line] = frames(location)
    return _inherit(lines, own)


def _inherit(lines: Sequence[str], own: Sequence[tuple[Frame, ...]]) -> list[list[Frame]]:
    inside: list[str] = []  # the function each line belongs to
    calls: dict[str, list[int]] = defaultdict(list)
    current, indent = "", ""
    for number, line in enumerate(lines):
        if header := _FUNCTION.match(line):
            indent, current = header[1], header[2]
        inside.append(current)
        if line == f"{indent}}}":
            current = ""
        if call := _CALL.search(line):
            calls[call[1]].append(number)
    places: dict[str, tuple[Frame, ...]] = {}

    def of_function(name: str) -> tuple[Frame, ...]:
        if name not in places:
            places[name] = ()  # a function that calls itself adds nothing
            found = (frame for call in calls[name] for frame in own[call] or of_function(inside[call]))
            places[name] = tuple(dict.fromkeys(found))
        return places[name]

    return [list(own[number] or of_function(inside[number])) for number in range(len(lines))]


def _split(debug: str) -> tuple[dict[str, str], list[str]]:
    names, lines = {}, []
    for line in debug.split("\n"):
        named = _NAMED.match(line)
        if named:
            names[named[1]] = named[2]
        else:
            lines.append(line)
    # MLIR leaves an empty line after the names that follow the module.
    while len(lines) > 1 and lines[-1] == "" and lines[-2] == "":
        lines.pop()
    return names, lines


def _strip(line: str) -> tuple[str, str | None]:
    """Return a line without its locations, and the location of the operation that ends on it."""
    kept, location, at = [], None, 0
    while (start := line.find(" loc(", at)) >= 0:
        end = _closing(line, start + 5)
        kept.append(line[at:start])
        location = line[start + 1 : end] if end == len(line) else None
        at = end
    kept.append(line[at:])
    return "".join(kept), location


def _closing(line: str, at: int) -> int:
    """Return the index after the parenthesis that closes the one opened before `at`, past quoted text."""
    depth, quoted = 1, False
    while at < len(line) and depth:
        letter = line[at]
        if quoted:
            at += letter == "\\"
            quoted = letter != '"'
        else:
            quoted = letter == '"'
            depth += (letter == "(") - (letter == ")")
        at += 1
    return at


def _stacks(location: str, names: dict[str, str]) -> list[Stack]:
    """Return the stacks, the innermost frame first, that a location tells of: several where it is fused."""
    tokens = [match for match in _TOKEN.finditer(location) if match[0] not in ("loc", ",")]
    return _Reader(tokens, names).location()


class _Reader:
    """A reader of MLIR's location grammar: names, files, callsite(callee at caller), fused[...]."""

    def __init__(self, tokens: list[re.Match[str]], names: dict[str, str]) -> None:
        self.tokens, self.names = iter(tokens), names
        self.ahead: re.Match[str] | None = next(self.tokens, None)

    def take(self) -> re.Match[str] | None:
        now, self.ahead = self.ahead, next(self.tokens, None)
        return now

    def sees(self, text: str) -> bool:
        return self.ahead is not None and self.ahead[0] == text

    def location(self) -> list[Stack]:
        token = self.take()
        if token is None:
            return []
        text = token[0]
        if text == "(":
            found = self.location()
            self.take()
            return found
        if text.startswith("#loc"):
            return _stacks(self.names.get(text, ""), self.names)
        if text == "callsite(":
            callee = self.location()
            self.take()  # at
            caller = self.location()
            self.take()  # )
            return [inner + outer for inner in callee or [()] for outer in caller or [()]]
        if text == "fused":
            return list(self.fused())
        if text.startswith('"') and token[1]:
            return [(_file(token),)]
        if text.startswith('"') and self.sees("("):
            return self.location()
        return []

    def fused(self) -> Iterator[Stack]:
        if self.ahead is not None and self.ahead[0].startswith("<"):
            self.take()
        self.take()  # [
        while self.ahead is not None and not self.sees("]"):
            yield from self.location()
        self.take()


def _file(token: re.Match[str]) -> Frame:
    line, column = int(token[1]), int(token[2])
    name = token[0][: token[0].rindex('"') + 1]
    return Frame(unquote(name), line, column, int(token[3] or line), int(token[4] or column))
