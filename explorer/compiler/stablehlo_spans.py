"""What each line of StableHLO comes from.

The text shown is printed without locations. The same module printed with them has the same lines in the
same order, each ended by `loc(...)`, and besides them the lines that name locations: `#loc7 =
loc(callsite(#loc3 at #loc1))`. An operation with regions has its location on its last line. What is inside
a private function that has no user frame of its own (`@relu`, `@_where`) takes the places of the lines that
call it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from explorer.compiler.frames import Frame, chosen
from explorer.compiler.origins import Made, Origin, Origins, Trace, details_of, remember
from explorer.compiler.quoted import unquote
from explorer.compiler.scopes import joined, named, parted

_NAMED = re.compile(r"^(#loc\d*) = (loc\(.*\))$")
_TOKEN = re.compile(
    r'#loc\d*|"(?:[^"\\]|\\.)*"(?::(\d+):(\d+)(?: to (?:(\d+))?:(\d+))?)?'
    r"|callsite\(| at |fused|<[^>]*>|[\[\](),]|\w+"
)
_FUNCTION = re.compile(r"^(\s*)func\.func (?:public |private )?@([\w.$-]+|\"[^\"]*\")")
_CALL = re.compile(r"\bcall @([\w.$-]+|\"[^\"]*\")\(")

Stack = tuple[Frame, ...]
Located = tuple[str, Stack]  # the name that JAX gave an operation, "" where it gave none, and its stack


# of an operation: its places, scopes and details, and whether the scope is all of it
Placed = tuple[tuple[Frame | None, str, tuple[Frame, ...], bool], ...]
_NOWHERE: list[Located] = [("", ())]


class MisalignedError(ValueError):
    """The text with locations does not have the lines of the text without."""


def read(
    plain: str,
    debug: str,
    outside: frozenset[Frame],
    made: Made | None = None,
    arguments: Mapping[str, Frame] | None = None,
) -> tuple[Trace, Made]:
    """Return the origins of each line of `plain`, and which expression made which primitive.

    Args:
      plain: `lowered.as_text()`.
      debug: `lowered.as_text(debug_info=True)` of the same module.
      outside: the frames around the tracing; the operations do not come from them.
      made: which expression made which primitive, as the jaxpr tells.
      arguments: the arguments of the function and where each is named.

    Raises:
      MisalignedError: the two texts do not tell of the same module.
    """
    names, located = _split(debug)
    lines = plain.split("\n")
    stripped = [_strip(line) for line in located]
    if [text for text, _ in stripped] != lines:
        raise MisalignedError("the text with locations differs from the text without")
    module = re.match(r"module @(p?jit)_([\w.$-]+|\"[^\"]*\")", plain)
    root = f"{module[1]}({unquote(module[2])})" if module else ""
    seen: Made = {}

    @cache
    def placed(location: str) -> Placed:
        told = []
        for name, stack in _stacks(location, names):
            frame, details = chosen(frame for frame in stack if frame not in outside)
            scope, primitive = named(name)
            if frame is not None:
                details = tuple(dict.fromkeys((*details, *details_of(made or {}, primitive, frame))))
                remember(seen, primitive, frame, details)
            told.append((frame, scope, details, bool(root) and parted(name)[0] == root))
        return tuple(told)

    own: list[Placed] = [()] * len(lines)
    waiting: dict[int, list[int]] = defaultdict(list)  # indent -> lines of an operation whose location is to come
    for number, (text, location) in enumerate(stripped):
        indent = len(text) - len(text.lstrip())
        waiting[indent].append(number)
        if location is not None:
            for line in waiting.pop(indent):
                own[line] = placed(location)
    trace = _inherit(lines, own)
    main = next((number for number, line in enumerate(lines) if " @main(" in line), None)
    if main is not None and arguments:
        trace.set(main, [*trace.of(main), *(Origin(frame) for frame in arguments.values())])
    return trace, seen


def _inherit(lines: Sequence[str], own: Sequence[Placed]) -> Trace:
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
    contexts: dict[str, Origins] = {}

    def of_function(name: str) -> Origins:
        """Return where a function is called."""
        if name not in contexts:
            contexts[name] = ()  # a function that calls itself adds nothing
            contexts[name] = tuple(dict.fromkeys(origin for call in calls[name] for origin in of_line(call)))
        return contexts[name]

    def of_line(number: int) -> Origins:
        found = []
        for frame, scope, details, complete in own[number] or ((None, "", (), False),):
            callers = of_function(inside[number])
            if frame is not None and (complete or not callers):
                found.append(Origin(frame, scope, details))
            else:
                found += [
                    Origin(frame or caller.frame, joined(caller.scope, scope), details if frame else caller.details)
                    for caller in callers
                ]
        return tuple(dict.fromkeys(found))

    trace = Trace(len(lines))
    for number in range(len(lines)):
        trace.set(number, of_line(number))
    return trace


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


def _stacks(location: str, names: dict[str, str]) -> list[Located]:
    """Return the names and stacks, the innermost frame first, of a location: several where it is fused."""
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

    def location(self) -> list[Located]:
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
            return [("", inner + outer) for _, inner in callee or _NOWHERE for _, outer in caller or _NOWHERE]
        if text == "fused":
            return list(self.fused())
        if text.startswith('"') and token[1]:
            return [("", (_file(token),))]
        if text.startswith('"') and self.sees("("):
            return [(unquote(text), stack) for _, stack in self.location() or _NOWHERE]
        if text.startswith('"'):
            return [(unquote(text), ())]
        return []

    def fused(self) -> Iterator[Located]:
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
