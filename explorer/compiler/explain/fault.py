"""One fault of a program."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from explorer.compiler.excerpt import Place
from explorer.compiler.spans import code_points


@dataclass(frozen=True)
class Fault:
    """One fault of a program, in words, at its line.

    Args:
      kind: what kind of fault, in a word: "raised", or the name of a check.
      title: what it is.
      what: a sentence or two on what happens.
      instead: what to write instead.
      place: the expression that is at fault.
      detail: the error as Python prints it; "" for a fault that raises nothing.
    """

    kind: str
    title: str
    what: str
    instead: str
    place: Place
    detail: str = ""

    @property
    def line(self) -> int:
        """The line of the program, from 1."""
        return self.place.line

    @property
    def sentence(self) -> str:
        """The fault in words with its line."""
        return f"Line {self.line:,}: {self.title}. {self.what} {self.instead}".strip()


def place_in(node: ast.stmt | ast.expr, file: str, lines: list[str]) -> Place:
    """Return where a node of a program's tree stands."""
    last = node.end_lineno or node.lineno
    first_text, last_text = lines[node.lineno - 1], lines[last - 1]
    start = code_points(first_text, node.col_offset)
    return Place(file, node.lineno, start, last, code_points(last_text, node.end_col_offset or node.col_offset))
