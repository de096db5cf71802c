"""Which instructions a literal changes, told without any links: the programs with one value and with another compared.

An instruction is an operation on operands. A constant, and what is computed of constants alone (a broadcast of one), is
no operation: it is read as part of the instructions that take it, so that `multiply(x, 0.5)` is another instruction
than `multiply(x, 0.7)` whatever the constant is called.

- The instructions of both programs are laid beside each other by type, opcode and attributes, without names, metadata
  and values of constants. One that has no partner is changed, and so is one whose constants are others than its
  partner's, or that takes the result of another instruction where both programs have both.
- That the *value* of an operand is another one, because an instruction before it changed, is no change: otherwise all
  that follows would be changed.
- A constant, or what is computed of constants alone, is changed where its value is taken more or less often than in
  the other program, and a changed instruction takes it.
- A fusion or a call, which is nothing but what it runs, is changed where an instruction in it is. A loop, a branch or a
  reduction is not changed by what is in its computations: the lines of these are there for themselves.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import NamedTuple

from explorer.compiler.difference import aligned
from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.hlo.reader import read

_LEFT_OUT = frozenset({"metadata", "calls", "to_apply", "body", "condition", "branch_computations", "backend_config"})
_RUNS = frozenset({"fusion", "call"})
_PLAIN = frozenset({"parameter", "get-tuple-element", "tuple"})


class Read(NamedTuple):
    """An instruction as it is compared.

    Args:
      key: without names and constants.
      values: the constants it takes, as texts, None where an operand is none.
      operands: the names of its operands, with their computation.
    """

    instruction: Instruction
    name: tuple[str, str]
    key: str
    values: tuple[str | None, ...]
    operands: tuple[tuple[str, str], ...]


class Told:
    """The instructions of a program, and the texts of those that are constants or made of constants alone."""

    def __init__(self, text: str) -> None:
        self.constant: dict[tuple[str, str], str] = {}
        self.read: list[Read] = []
        self.of_constants: list[Instruction] = []
        for instruction in read(text):
            here = instruction.computation.name.removeprefix("%")
            name = (here, instruction.name)
            operands = tuple((here, operand.name.removeprefix("%")) for operand in instruction.operands)
            attributes = ", ".join(f"{n}={v}" for n, v in instruction.attributes if n not in _LEFT_OUT)
            head = f"{instruction.shape} {instruction.opcode}({instruction.literal or ''}) {attributes}"
            values = tuple(self.constant.get(operand) for operand in operands)
            if instruction.opcode == "constant" or (
                values and all(value is not None for value in values) and instruction.opcode not in {*_RUNS, *_PLAIN}
            ):
                self.constant[name] = f"{head} of {values}"
                self.of_constants.append(instruction)
                continue
            taken = "".join("c" if value is not None else "v" for value in values)
            self.read.append(Read(instruction, name, f"{head} {taken}", values, operands))
        self.taken = Counter(value for each in self.read for value in each.values if value is not None)


def changed(before: str, after: str) -> tuple[set[int], set[int]]:
    """Return the lines, from 1, of the changed instructions of two programs.

    Args:
      before, after: texts of optimized HLO.
    """
    one, other = Told(before), Told(after)
    blocks = aligned([each.key for each in one.read], [each.key for each in other.read])
    pairs = [(one.read[i + k], other.read[j + k]) for i, j, size in blocks for k in range(size)]
    partner = {a.name: b.name for a, b in pairs}
    partnered = set(partner.values())
    same = {
        (a.name, b.name)
        for a, b in pairs
        if a.values == b.values
        and all(
            x not in partner or y not in partnered or partner[x] == y
            for x, y in zip(a.operands, b.operands, strict=True)
        )
    }
    apart = {value for value in one.taken | other.taken if one.taken[value] != other.taken[value]}
    return (
        _lines(one, {a.name for a in one.read} - {a for a, _ in same}, apart),
        _lines(other, {b.name for b in other.read} - {b for _, b in same}, apart),
    )


def _lines(told: Told, names: set[tuple[str, str]], apart: set[str]) -> set[int]:
    found = {each.instruction.line for each in told.read if each.name in names}
    taken = {operand for each in told.read if each.name in names for operand in each.operands}
    for instruction in reversed(told.of_constants):
        name = (instruction.computation.name.removeprefix("%"), instruction.name)
        if name in taken and told.constant[name] in apart:
            found.add(instruction.line)
            taken |= {(name[0], operand.name.removeprefix("%")) for operand in instruction.operands}
            apart = apart | {told.constant[name[0], o.name.removeprefix("%")] for o in instruction.operands}
    inside: dict[str, set[int]] = {}
    for each in told.read:
        inside.setdefault(each.name[0], set()).add(each.instruction.line)
    for _ in range(3):  # fusions in calls
        for each in told.read:
            if each.instruction.opcode in _RUNS:
                called = [name.removeprefix("%") for _, name in each.instruction.called]
                if any(inside.get(name, set()) & found for name in called):
                    found.add(each.instruction.line)
    return found


class Literal(NamedTuple):
    """A floating-point literal of a source, and the operation that takes it.

    Args:
      line: from 1.
      column, end: from 0, and the column after it.
      operation: first line, first column, last line, last column of what it is an operand or an argument of.
    """

    line: int
    column: int
    end: int
    operation: tuple[int, int, int, int]


def literals(source: str) -> list[Literal]:
    """Return the floating-point literals of a source, in order."""
    found = []

    def walk(node: ast.AST, operation: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Constant) and isinstance(child.value, float):
                assert child.end_col_offset is not None
                found.append(Literal(child.lineno, child.col_offset, child.end_col_offset, _extent(operation)))
            walk(child, child if isinstance(child, ast.BinOp | ast.Call | ast.Compare) else operation)

    tree = ast.parse(source)
    walk(tree, tree)
    return sorted(found)


def _extent(node: ast.AST) -> tuple[int, int, int, int]:
    return tuple(getattr(node, name, 0) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"))  # type: ignore[return-value]


def mutated(source: str, literal: Literal) -> str:
    """Return a source with another value of one literal: its first digit that is not 0 is another one."""
    lines = source.split("\n")
    line = lines[literal.line - 1]
    text = line[literal.column : literal.end]
    other = re.sub(r"[1-9]", lambda digit: str(int(digit[0]) % 9 + 1), text, count=1)
    lines[literal.line - 1] = line[: literal.column] + other + line[literal.end :]
    return "\n".join(lines)
