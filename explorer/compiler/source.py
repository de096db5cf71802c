"""The source files of an inspection: their texts, the function's own place, and where its arguments are named."""

from __future__ import annotations

import ast
import functools
import inspect
import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from types import CodeType
from typing import Any, NamedTuple

from explorer.compiler.frames import Frame, known_as, owner
from explorer.compiler.spans import code_points, source_lines

LONGEST_SOURCE = 1 << 20  # characters; a longer file is named, and its text left out
_NAME = re.compile(r"\w+")
_DEFINES = re.compile(r"^(?:(?:async )?def|class) (\w+)|^(\w+) *=(?!=)", re.MULTILINE)


class Place(NamedTuple):
    """A span of a file of the table: lines from 1, columns from 0 in code points."""

    file: int
    line: int
    column: int
    end_line: int
    end_column: int


class Files:
    """The table of files that the links of all stages of one inspection point into. Any thread may ask it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._lines: list[list[str]] = []
        self._places: dict[Frame, Place] = {}
        self._functions: dict[int, list[tuple[int, int, str]]] = {}

    def add(self, file: str) -> int:
        """Return the number of a file; its text is kept as it is now."""
        with self._lock:
            if file not in self._numbers:
                self._lines.append(source_lines(file))
                self._numbers[file] = len(self._numbers)
            return self._numbers[file]

    def place(self, frame: Frame) -> Place:
        """Return a frame as a span of the table, its columns in code points."""
        if frame not in self._places:
            number = self.add(frame.file)
            start = code_points(self.line(number, frame.line), frame.column)
            end = code_points(self.line(number, frame.end_line), frame.end_column)
            self._places[frame] = Place(number, frame.line, start, frame.end_line, end)
        return self._places[frame]

    def line(self, file: int, number: int) -> str:
        """Return a line of a file, from 1; "" where it cannot be read."""
        lines = self._lines[file]
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def lines(self, file: int) -> list[str]:
        """Return the lines of a file; [] where it cannot be read."""
        return self._lines[file]

    def text(self, file: int) -> str | None:
        """Return the text of a file; None where it cannot be read or is too long."""
        text = "".join(self._lines[file])
        return text if text and len(text) <= LONGEST_SOURCE else None

    def function_at(self, file: int, line: int) -> str:
        """Return the name of the innermost function around a line, from 1; "" outside of any."""
        if file not in self._functions:
            self._functions[file] = _functions("".join(self._lines[file]))
        around = [(last - first, name) for first, last, name in self._functions[file] if first <= line <= last]
        return min(around, default=(0, ""))[1]

    @property
    def names(self) -> list[str]:
        """The files in the order of their numbers."""
        return list(self._numbers)

    def header(self) -> list[dict[str, Any]]:
        """Return the table as a record holds it: file, title, owner and text.

        Where several go by one title, as notebook cells do, each is told apart by the first name that it defines.
        """
        titles = [known_as(file) for file in self.names]
        same = {title for title, count in Counter(titles).items() if count > 1}
        return [
            {
                "file": file,
                "title": titles[number] + (self._apart(number) if titles[number] in same else ""),
                "owner": "user" if owner(file) == "user" else "library",
                "text": self.text(number),
            }
            for number, file in enumerate(self.names)
        ]

    def _apart(self, number: int) -> str:
        found = _DEFINES.search(self.text(number) or "")
        return f": {found[1] or found[2]}" if found else f" ({number + 1})"


class Definition:
    """Where a function is defined; its syntax is read when first asked for.

    Args:
      code: of the function.
      lines: of its file.
    """

    def __init__(self, code: CodeType, lines: Sequence[str]) -> None:
        self.file: str = code.co_filename
        self.first: int = code.co_firstlineno
        self._code, self._lines = code, lines

    @property
    def last(self) -> int:
        """Its last line, from 1."""
        return self._syntax[0]

    @property
    def parameters(self) -> Mapping[str, Frame]:
        """Where each parameter is named."""
        return self._syntax[1]

    @cached_property
    def _syntax(self) -> tuple[int, Mapping[str, Frame]]:
        return _read(self._code, self._lines)


def code_of(fn: Any) -> CodeType | None:
    """Return the code of what a person wrote, under jit, grad, partial and method; None where there is none."""
    seen = 0
    while seen < 32:
        seen += 1
        if isinstance(fn, functools.partial):
            fn = fn.func
        elif hasattr(fn, "__wrapped__"):
            fn = fn.__wrapped__
        elif hasattr(fn, "__func__"):
            fn = fn.__func__
        else:
            break
    code = getattr(fn, "__code__", None)
    if code is None and not isinstance(fn, type):
        code = getattr(inspect.getattr_static(type(fn), "__call__", None), "__code__", None)
    return code if isinstance(code, CodeType) else None


def _read(code: CodeType, lines: Iterable[str]) -> tuple[int, Mapping[str, Frame]]:
    """Return the last line of a function, and where its parameters are, from the syntax of its file."""
    last = max((line for _, _, line in code.co_lines() if line), default=code.co_firstlineno)
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError):  # edited since, or a cell with magics
        return last, {}
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        decorators = getattr(node, "decorator_list", [])
        start = min([node.lineno, *(d.lineno for d in decorators)])
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        if start != code.co_firstlineno or tuple(a.arg for a in arguments) != names:
            continue
        others = [a for a in (node.args.vararg, node.args.kwarg) if a is not None]
        parameters = {a.arg: _frame(code.co_filename, a) for a in [*arguments, *others]}
        return node.end_lineno or last, parameters
    return last, {}


def _functions(text: str) -> list[tuple[int, int, str]]:
    """Return first line, last line and name of the functions of a file."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return []
    return [
        (node.lineno, node.end_lineno or node.lineno, node.name)
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _frame(file: str, node: ast.arg) -> Frame:
    end_line, end = node.end_lineno or node.lineno, node.end_col_offset
    return Frame(file, node.lineno, node.col_offset, end_line, node.col_offset if end is None else end)


def arguments_at(names: Iterable[str], parameters: Mapping[str, Frame]) -> dict[str, Frame]:
    """Return where each argument of a program is named, such as `params['w']` at the parameter `params`."""
    found = {}
    for name in names:
        root = _NAME.match(name)
        if root and root[0] in parameters:
            found[name] = parameters[root[0]]
    return found
