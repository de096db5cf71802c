"""A module: its header, its tables, its computations, and columns of offsets for all instructions."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from explorer.compiler.hlo.attributes import Attribute
from explorer.compiler.hlo.computation import Computation
from explorer.compiler.hlo.instruction import Instruction

_TRIPS = re.compile(r'"known_trip_count":\{"n":"(\d{1,18})"')


def _column() -> array[int]:
    return array("I")


@dataclass(frozen=True, slots=True)
class Table:
    """One of the tables before the computations: FileNames, FunctionNames, FileLocations or StackFrames.

    Args:
      name: its title.
      line: the line of its title, from 1.
      rows: the number in front of each row, and the rest of it.
    """

    name: str
    line: int
    rows: tuple[tuple[int, str], ...]


@dataclass(slots=True, eq=False, repr=False)
class Module:
    """An HLO module as offsets into its text: some 40 bytes for an instruction.

    Args:
      text: byte for byte what XLA printed.
      name: the module's name, such as "jit_step".
      attributes: what follows the name, in order.
      tables: the tables of source positions, in order.
      computations: in the order of the text.
      opcodes: the opcodes that occur; `opcode_of` counts into it.
      lines: for each instruction its line, from 0.
      owners: for each instruction the index of its computation.
      starts, name_starts, name_ends, shape_ends, inner_starts, ends: offsets into the text: of the line, its
        name, the end of the type, what follows the opening parenthesis, and the end of the line.
    """

    text: str
    name: str = ""
    attributes: tuple[Attribute, ...] = ()
    tables: tuple[Table, ...] = ()
    computations: list[Computation] = field(default_factory=list)
    opcodes: list[str] = field(default_factory=list)
    opcode_of: array[int] = field(default_factory=lambda: array("H"))
    roots: bytearray = field(default_factory=bytearray)
    lines: array[int] = field(default_factory=_column)
    owners: array[int] = field(default_factory=_column)
    starts: array[int] = field(default_factory=_column)
    name_starts: array[int] = field(default_factory=_column)
    name_ends: array[int] = field(default_factory=_column)
    shape_ends: array[int] = field(default_factory=_column)
    inner_starts: array[int] = field(default_factory=_column)
    ends: array[int] = field(default_factory=_column)

    def __repr__(self) -> str:
        return f"<module {self.name}: {len(self):,} instructions in {len(self.computations):,} computations>"

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[Instruction]:
        return (Instruction(self, index) for index in range(len(self)))

    @property
    def instructions(self) -> Sequence[Instruction]:
        """All instructions, in the order of the text."""
        return Computation(self, self.name, False, "", 1, 1, "", 0, len(self))

    @property
    def entry(self) -> Computation | None:
        """The computation that runs when the module is called."""
        return next((c for c in self.computations if c.is_entry), None)

    def computation(self, name: str) -> Computation | None:
        """Return the computation of this name, without the %."""
        return next((c for c in self.computations if c.name == name), None)

    def trip_count(self, index: int) -> int | None:
        """Return how often the while loop at `index` runs its body; None where the compiler does not know."""
        found = _TRIPS.search(self.text, self.inner_starts[index], self.ends[index])
        return int(found[1]) if found else None
