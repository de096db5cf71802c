"""One instruction, as offsets into the text of its module; what is asked of it is read when it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from explorer.compiler.hlo.attributes import CALLING, Attribute, called, parse_attributes
from explorer.compiler.hlo.errors import HloSyntaxError
from explorer.compiler.hlo.scanner import end_of_brackets, joined, numbered
from explorer.compiler.hlo.shapes import Shape, parse_shape

if TYPE_CHECKING:
    from explorer.compiler.hlo.computation import Computation
    from explorer.compiler.hlo.module import Module

LITERAL = frozenset({"parameter", "constant"})  # what stands between their parentheses is a value, not operands
T = TypeVar("T")


class Operand(NamedTuple):
    """What an instruction works on: an instruction by its name, with its type where the text gives it."""

    name: str
    shape: str | None = None

    def __str__(self) -> str:
        return self.name if self.shape is None else f"{self.shape} {self.name}"


def _located(read: Callable[[Instruction], T]) -> Callable[[Instruction], T]:
    """Give what `read` finds wrong the line it is on."""

    @wraps(read)
    def located(self: Instruction) -> T:
        try:
            return read(self)
        except HloSyntaxError:
            raise
        except ValueError as error:
            raise HloSyntaxError(str(error), self.line) from error

    return located


class Instruction:
    """A line such as `ROOT %add.3 = f32[8]{0} add(%x, %y), metadata={...}`.

    Args:
      module: the module it is in.
      index: its place among all instructions of the module's text.
    """

    __slots__ = ("index", "module")

    def __init__(self, module: Module, index: int) -> None:
        self.module, self.index = module, index

    def __repr__(self) -> str:
        return f"<{self.name} = {self.shape_text} {self.opcode}, line {self.line:,}>"

    @property
    def line(self) -> int:
        """The line of the text, from 1."""
        return self.module.lines[self.index] + 1

    @property
    def computation(self) -> Computation:
        """The computation it is in."""
        return self.module.computations[self.module.owners[self.index]]

    @property
    def opcode(self) -> str:
        """What it does, such as "add"."""
        return self.module.opcodes[self.module.opcode_of[self.index]]

    @property
    def is_root(self) -> bool:
        """Whether its value is what its computation returns."""
        return bool(self.module.roots[self.index])

    @property
    def printed_name(self) -> str:
        """Its name as the text has it, with a % in front or without."""
        return self.module.text[self.module.name_starts[self.index] : self.module.name_ends[self.index]]

    @property
    def name(self) -> str:
        """Its name without the %."""
        return self.printed_name.removeprefix("%")

    @property
    def shape_text(self) -> str:
        """The type of its value, as the text has it."""
        start = self.module.name_ends[self.index] + len(" = ")
        return self.module.text[start : self.module.shape_ends[self.index]]

    @property
    @_located
    def shape(self) -> Shape:
        """The type of its value."""
        return parse_shape(self.shape_text)

    @property
    def inner_text(self) -> str:
        """What stands between its parentheses."""
        return self.module.text[self.module.inner_starts[self.index] : self._inner_end()]

    @property
    def literal(self) -> str | None:
        """The number of a parameter or the value of a constant, as the text has it; None for others."""
        return self.inner_text if self.opcode in LITERAL else None

    @property
    def operands(self) -> tuple[Operand, ...]:
        """What it works on."""
        return self._operands()[0]

    @property
    @_located
    def attributes(self) -> tuple[Attribute, ...]:
        """What follows the operands, in order."""
        return parse_attributes(self.module.text, self._inner_end() + 1, self.module.ends[self.index])

    @property
    def metadata(self) -> str:
        """Its metadata between the braces, such as `op_name="jit(f)/add" stack_frame_id=3`; "" where it has none."""
        return dict(self.attributes).get("metadata", "{}")[1:-1]

    @property
    def called(self) -> tuple[tuple[str, str], ...]:
        """The computations it runs: (how, name), how being "body", "condition", "branch" or "called"."""
        return tuple((CALLING[a.name], name) for a in self.attributes if a.name in CALLING for name in called(a))

    @property
    def trip_count(self) -> int | None:
        """How often a while loop runs its body; None where the compiler does not know."""
        return self.module.trip_count(self.index)

    def parts(self) -> Iterator[str]:
        """Yield the pieces that, joined, are the line."""
        text, index = self.module.text, self.index
        start = self.module.starts[index]
        yield text[start : self.module.name_starts[index]].replace("ROOT ", "")
        if self.is_root:
            yield "ROOT "
        yield f"{self.printed_name} = {self.shape} {self.opcode}("
        if self.opcode in LITERAL:
            yield self.inner_text
        else:
            operands, marked = self._operands()
            yield joined([str(operand) for operand in operands], marked)
        yield ")"
        for name, value in self.attributes:
            yield f", {name}={value}"

    @_located
    def _operands(self) -> tuple[tuple[Operand, ...], bool]:
        if self.opcode in LITERAL:
            return (), False
        parts, marked = numbered(self.inner_text)
        return tuple(_operand(part) for part in parts), marked

    @_located
    def _inner_end(self) -> int:
        """Return the offset of the parenthesis that closes the operands."""
        text, start = self.module.text, self.module.inner_starts[self.index]
        return end_of_brackets(text, start - 1, self.module.ends[self.index]) - 1


def _operand(text: str) -> Operand:
    shape, space, name = text.rpartition(" ")
    if not name or any(mark in name for mark in '=(){}[]",'):
        raise ValueError(f"'{text[:60]}' is no operand")
    if space:
        return Operand(name, str(parse_shape(shape)))
    return Operand(name)
