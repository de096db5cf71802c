"""Reading a module: one pass over the lines that finds where each instruction's name, type and opcode are.

Operands and attributes are left in the text until somebody asks, so that 100,000 instructions are read in
about half a second and take a few megabytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from explorer.compiler.hlo.attributes import parse_attributes
from explorer.compiler.hlo.computation import Computation
from explorer.compiler.hlo.errors import HloSyntaxError
from explorer.compiler.hlo.module import Module, Table
from explorer.compiler.hlo.scanner import end_of_brackets

_HEADER = re.compile(r"HloModule ([^\s,]+)")
_TITLE = re.compile(r"[A-Z][A-Za-z]+")
_ROW = re.compile(r"(0|[1-9]\d{0,8}) (.*)")
_NAME = r"%?[^\s=,(){}\[\]\"%]+"
_OPENING = re.compile(rf"(ENTRY )?({_NAME}) (?:(\(.*\) -> .*) )?\{{")
_ARRAY = re.compile(rf" +(ROOT )?({_NAME}) = ([^\s(]\S*) ([a-z][a-z0-9\-]*)\(")
_TUPLE = re.compile(rf" +(ROOT )?({_NAME}) = (?=\()")
_OPCODE = re.compile(r" ([a-z][a-z0-9\-]*)\(")


def read(text: str) -> Module:
    """Return the module that a text says.

    Args:
      text: `compiled.as_text()`, or a dump of XLA's, before or after optimization.

    Raises:
      HloSyntaxError: the text is not HLO, with the line. What is inside an instruction's operands and attributes
        is checked when it is asked for; `check` asks for all of it.
    """
    module = Module(text)
    lines = _Lines(text)
    _header(module, lines)
    module.tables = tuple(_tables(lines))
    for start, end in lines:
        if start != end:
            _computation(module, lines, start, end)
    return module


def check(module: Module) -> None:
    """Read what `read` leaves in the text.

    Raises:
      HloSyntaxError: something in it is not HLO, with the line.
    """
    for instruction in module:
        for _ in instruction.parts():
            pass


class _Lines:
    """The lines of a text as offsets, with one that can be put back."""

    def __init__(self, text: str) -> None:
        self.text, self.position, self.number = text, 0, 0  # number: of the line given last, from 1

    def __iter__(self) -> Iterator[tuple[int, int]]:
        while self.position <= len(self.text):
            start = self.position
            end = self.text.find("\n", start)
            end = len(self.text) if end < 0 else end
            self.position, self.number = end + 1, self.number + 1
            yield start, end

    def put_back(self, start: int) -> None:
        """Give the line that starts here again."""
        self.position, self.number = start, self.number - 1


def _header(module: Module, lines: _Lines) -> None:
    start, end = next(iter(lines))
    found = _HEADER.match(module.text, start, end)
    if found is None:
        raise HloSyntaxError("a module begins with 'HloModule' and its name", 1)
    try:
        module.name, module.attributes = found[1], parse_attributes(module.text, found.end(), end)
    except ValueError as error:
        raise HloSyntaxError(str(error), 1) from error


def _tables(lines: _Lines) -> Iterator[Table]:
    title, at, rows = "", 0, []
    for start, end in lines:
        if title:
            row = _ROW.fullmatch(lines.text, start, end)
            if row is not None:
                rows.append((int(row[1]), row[2]))
                continue
            yield Table(title, at, tuple(rows))
            title, rows = "", []
        if _TITLE.fullmatch(lines.text, start, end):
            title, at = lines.text[start:end], lines.number
        elif start != end:
            lines.put_back(start)
            return
    if title:
        yield Table(title, at, tuple(rows))


def _computation(module: Module, lines: _Lines, start: int, end: int) -> None:
    text, opened = module.text, lines.number
    opening = _OPENING.fullmatch(text, start, end) if text.endswith(" {", start, end) else None
    if opening is None:
        shown = text[start:end][:60]
        raise HloSyntaxError(
            f"a computation such as '%name (x: f32[]) -> f32[] {{' belongs here, not '{shown}'", opened
        )
    first, codes = len(module.lines), {code: number for number, code in enumerate(module.opcodes)}
    index = len(module.computations)
    for start, end in lines:
        if text.startswith("}", start, end):
            ending = text[start + 1 : end]
            module.computations.append(
                Computation(
                    module,
                    opening[2],
                    bool(opening[1]),
                    opening[3] or "",
                    opened,
                    lines.number,
                    ending,
                    first,
                    len(module.lines),
                )
            )
            return
        found = _ARRAY.match(text, start, end)
        if found is not None:
            (name_start, name_end), shape_end, code, inner = found.span(2), found.end(3), found[4], found.end()
        else:
            found = _TUPLE.match(text, start, end)
            opcode = None
            if found is not None:
                try:
                    shape_end = end_of_brackets(text, found.end(), end)
                except ValueError as error:
                    raise HloSyntaxError(str(error), lines.number) from error
                opcode = _OPCODE.match(text, shape_end, end)
            if found is None or opcode is None:
                shown = text[start:end].strip()[:60]
                raise HloSyntaxError(f"'name = type opcode(...)' belongs here, not '{shown}'", lines.number)
            (name_start, name_end), code, inner = found.span(2), opcode[1], opcode.end()
        number = codes.get(code)
        if number is None:
            number = codes[code] = len(module.opcodes)
            module.opcodes.append(code)
        module.lines.append(lines.number - 1)
        module.owners.append(index)
        module.roots.append(found[1] is not None)
        module.opcode_of.append(number)
        module.starts.append(start)
        module.name_starts.append(name_start)
        module.name_ends.append(name_end)
        module.shape_ends.append(shape_end)
        module.inner_starts.append(inner)
        module.ends.append(end)
    raise HloSyntaxError(f"the computation that begins at line {opened:,} is not closed", lines.number)
