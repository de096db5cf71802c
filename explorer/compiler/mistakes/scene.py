"""The person's line where an error was raised: its code as a tree, and the values that stood in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Any

from explorer.compiler.frames import Frame, frame_at, owner
from explorer.compiler.spans import source_lines

_MISSING = object()


@dataclass(frozen=True)
class Scene:
    """Where an error was raised in the person's code.

    Args:
      frame: the expression that was being run.
      node: its syntax tree; None where the source cannot be read.
      statement: the statement around it.
      tree: of the whole file.
      values: the names that the line could see.
    """

    frame: Frame
    node: ast.AST | None
    statement: ast.stmt | None
    tree: ast.Module | None
    values: Mapping[str, Any]

    def code(self, node: ast.AST | None = None) -> str:
        """Return the source of a node, on one line; of the expression itself by default."""
        node = node or self.node
        return "" if node is None else ast.unparse(node)

    def index(self, node: ast.Subscript) -> str:
        """Return the source of what stands between brackets, such as "0, :"."""
        return ast.unparse(node).removeprefix(f"{ast.unparse(node.value)}[").removesuffix("]")

    def value(self, node: ast.AST | None) -> Any:
        """Return what a name, an attribute or an item stands for, without running any code of the person's; or None."""
        found = self._value(node)
        return None if found is _MISSING else found

    def _value(self, node: ast.AST | None) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self.values.get(node.id, _MISSING)
        if isinstance(node, ast.Attribute):
            inner = self._value(node.value)
            if node.attr == "T" and hasattr(inner, "shape"):
                return inner.T
            known = getattr(inner, "__dict__", {})
            return known.get(node.attr, _MISSING)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            inner = self._value(node.value)
            if isinstance(inner, dict | list | tuple):
                try:
                    return inner[node.slice.value]  # type: ignore[index]
                except (KeyError, IndexError, TypeError):
                    return _MISSING
        return _MISSING

    def shape(self, node: ast.AST | None) -> tuple[int, ...] | None:
        """Return the shape of what a node stands for; None where that is not known."""
        shape = getattr(self.value(node), "shape", None)
        return tuple(shape) if isinstance(shape, tuple) else None


def scene_of(error: BaseException) -> Scene | None:
    """Return the innermost place of the person's code in an error's traceback; None where there is none."""
    found = None
    for entry in _entries(error.__traceback__):
        if owner(entry.tb_frame.f_code.co_filename) == "user":
            found = entry
    if found is None:
        return None
    frame = frame_at(found.tb_frame.f_code, found.tb_lasti)
    node, statement, tree = _node(frame)
    return Scene(frame, node, statement, tree, {**found.tb_frame.f_globals, **found.tb_frame.f_locals})


def _entries(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


@lru_cache(maxsize=32)
def parsed(text: str) -> ast.Module | None:
    """Return the syntax tree of a source text; None where it is no Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _node(frame: Frame) -> tuple[ast.AST | None, ast.stmt | None, ast.Module | None]:
    tree = parsed("".join(source_lines(frame.file)))
    if tree is None:
        return None, None, None
    wanted = (frame.line, frame.column, frame.end_line, frame.end_column)
    node: ast.AST | None = None
    statement: ast.stmt | None = None
    for each in ast.walk(tree):  # the outermost first
        if not isinstance(each, ast.expr | ast.stmt):
            continue
        place = (each.lineno, each.col_offset, each.end_lineno, each.end_col_offset)
        if isinstance(each, ast.stmt) and each.lineno <= frame.line <= (each.end_lineno or each.lineno):
            statement = each
        if node is None and place == wanted and isinstance(each, ast.expr):
            node = each
    return node, statement, tree
