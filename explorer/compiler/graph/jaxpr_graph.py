"""The graph of a jaxpr, from the text as JAX prints it, so that every node has its line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import takewhile

from explorer.compiler.graph.graph import Graph, Node

_EVENTS = re.compile(
    r"(?P<open>(?:(?P<name>\w+) = )?\{ lambda )"
    r"|(?:^|let)\s+(?P<made>(?:[A-Za-z_]\w*:\S+\s+)+)= (?P<primitive>[A-Za-z_][\w-]*)"
    r"|\bin (?P<results>\([^)]*\)) \}",
    re.MULTILINE,
)
_VALUE = re.compile(r"([A-Za-z_]\w*):(\S+)")
_NAME = re.compile(r"(?<![\w.:\[-])([A-Za-z_]\w*)(?![\w:(\[=])")
_OPENING = re.compile(r"[\[\](){}]")
_SHARED = re.compile(r"jaxpr=(\w+)")


@dataclass(slots=True)
class _Scope:
    """A jaxpr that is being read."""

    number: int
    nodes: list[Node] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)  # variable to its node
    pending: Node | None = None  # the equation whose operands are still to come
    operands_from: int = 0
    indent: int = 0  # of the line it begins in


class JaxprGraph(Graph):
    """The graph of a printed jaxpr: the jaxprs inside equations are computations of their own.

    Args:
      text: as JAX prints it.
    """

    def __init__(self, text: str) -> None:
        names, entry, self._all = _computations(text)
        super().__init__(names, entry, [len(nodes) for nodes in self._all])

    def read(self, computation: int) -> list[Node]:
        """Return the equations of a jaxpr, its inputs first."""
        return self._all[computation]


def _computations(text: str) -> tuple[list[str], int, list[list[Node]]]:
    """Return the names of the jaxprs, which of them is the outermost, and the nodes of each."""
    names: list[str] = []
    done: dict[int, list[Node]] = {}
    shared: dict[str, int] = {}
    waiting: list[tuple[Node, str]] = []  # equations that name a shared jaxpr
    stack: list[_Scope] = []
    last = 0
    line = at = 0
    for event in _EVENTS.finditer(text):
        start = event.start("made") if event["made"] else event.start()
        line += text.count("\n", at, start)
        at = start
        if event["open"]:
            scope = _Scope(len(names))
            outer = stack[-1].pending if stack else None
            if outer is not None and not event["name"] and outer.inside < 0:
                outer.inside = scope.number
            name = event["name"] or (outer.operation if outer is not None else "")
            names.append(_titled(text, event, name) if outer is not None else name)
            if event["name"] and (outer is None):
                shared[event["name"]] = scope.number
            stack.append(scope)
            _inputs(scope, text, event.end(), line)
            continue
        scope = stack[-1]
        _finish(scope, text, event.start())
        if event["results"]:
            for name in _NAME.findall(event["results"].replace("(", " ")):
                if name in scope.known:
                    scope.nodes[scope.known[name]].root = True
            done[scope.number] = scope.nodes
            last = scope.number
            stack.pop()
            continue
        made = _VALUE.findall(event["made"])
        node = Node(line, event["primitive"], made[0][1])
        end = event.end()
        if text[end : end + 1] == "[":
            end = _closing(text, end)
            named = _SHARED.search(text, event.end(), end)
            if named:
                waiting.append((node, named[1]))
        scope.pending, scope.operands_from = node, end
        begin = text.rfind("\n", 0, event.start("made")) + 1
        scope.indent = _indent(text, begin)
        scope.nodes.append(node)
        for name, _ in made:
            scope.known[name] = len(scope.nodes) - 1
    for node, name in waiting:
        if node.inside < 0:
            node.inside = shared.get(name, -1)
    return names, last, [done.get(number, []) for number in range(len(names))]


def _inputs(scope: _Scope, text: str, start: int, line: int) -> None:
    end = text.index(". let", start)
    for number, (name, type_) in enumerate(_VALUE.findall(text, start, end + 1)):
        scope.known[name] = len(scope.nodes)
        scope.nodes.append(Node(line, "input", type_.rstrip("."), number=number))


def _finish(scope: _Scope, text: str, end: int) -> None:
    """Give the pending equation its operands: what follows its parameters, and lines that are further indented."""
    if scope.pending is not None:
        first, *more = text[scope.operands_from : end].split("\n")
        deeper = " " * (scope.indent + 1)
        names = _NAME.findall(" ".join([first, *takewhile(lambda line: line.startswith(deeper), more)]))
        scope.pending.operands = [scope.known[name] for name in names if name in scope.known]
        scope.pending = None


def _indent(text: str, begin: int) -> int:
    """Return how many spaces a line begins with."""
    end = begin
    while text[end : end + 1] == " ":
        end += 1
    return end - begin


def _closing(text: str, start: int) -> int:
    """Return the place after the bracket that closes the one at `start`."""
    depth = 0
    for found in _OPENING.finditer(text, start):
        depth += 1 if found[0] in "[({" else -1
        if depth == 0:
            return found.end()
    return len(text)


def _titled(text: str, event: re.Match[str], operation: str) -> str:
    """Name a jaxpr inside an equation: "body_jaxpr of while"."""
    before = re.search(r"(\w+)=$", text[max(0, event.start() - 40) : event.start()])
    return f"{before[1]} of {operation}" if before else operation
