"""One computation: a named list of instructions with its parameters and result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.compiler.hlo.instruction import Instruction

if TYPE_CHECKING:
    from explorer.compiler.hlo.module import Module


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Computation(Sequence[Instruction]):
    """The instructions from one brace to the other.

    Args:
      module: the module it is in.
      printed_name: its name as the text has it, with a % in front or without.
      is_entry: whether it is what runs when the module is called.
      signature: "(x: f32[8]) -> f32[8]" as the text has it; "" where it has none.
      line: the line of its opening brace, from 1.
      end_line: the line of its closing brace, from 1.
      ending: what follows the closing brace, such as `, execution_thread="host"`.
      first, last: its instructions are those of the module from `first` up to and without `last`.
    """

    module: Module
    printed_name: str
    is_entry: bool
    signature: str
    line: int
    end_line: int
    ending: str
    first: int
    last: int

    def __repr__(self) -> str:
        return f"<computation {self.name}: {len(self):,} instructions>"

    @property
    def name(self) -> str:
        """Its name without the %."""
        return self.printed_name.removeprefix("%")

    @property
    def root(self) -> Instruction | None:
        """The instruction whose value it returns."""
        return next((instruction for instruction in reversed(self) if instruction.is_root), None)

    def __len__(self) -> int:
        return self.last - self.first

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        places = range(self.first, self.last)[index]
        if isinstance(places, int):
            return Instruction(self.module, places)
        return [Instruction(self.module, place) for place in places]

    def __iter__(self) -> Iterator[Instruction]:
        return (Instruction(self.module, place) for place in range(self.first, self.last))
