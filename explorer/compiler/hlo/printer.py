"""A module back to its text, from what was read: the proof that nothing was lost or misread."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.compiler.hlo.module import Module


def print_module(module: Module) -> str:
    """Return the text of a module, byte for byte what was read.

    Raises:
      HloSyntaxError: something inside an instruction is not HLO.
    """
    at: dict[int, str] = {1: "HloModule " + module.name + "".join(f", {n}={v}" for n, v in module.attributes)}
    for table in module.tables:
        at[table.line] = table.name
        for place, (number, row) in enumerate(table.rows, table.line + 1):
            at[place] = f"{number} {row}"
    for computation in module.computations:
        entry = "ENTRY " if computation.is_entry else ""
        signature = f"{computation.signature} " if computation.signature else ""
        at[computation.line] = f"{entry}{computation.printed_name} {signature}{{"
        at[computation.end_line] = f"}}{computation.ending}"
        for instruction in computation:
            at[instruction.line] = "".join(instruction.parts())
    return "\n".join(_with_blank_lines(at, module.text.count("\n") + 1))


def _with_blank_lines(at: dict[int, str], count: int) -> Iterator[str]:
    for number in range(1, count + 1):
        yield at.get(number, "")
