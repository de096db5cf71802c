"""Machine code as text, by Capstone: it is maintained, has wheels for every system that JAX has, and decodes as LLVM
does; objdump is on few users' machines, and only reads what lies on a disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from explorer.compiler.machine.objects import Function


class Line(NamedTuple):
    """One instruction of a processor.

    Args:
      address: of its first byte, in the section of its object file.
      code: its bytes.
      mnemonic: what it does, such as "vaddps".
      operands: with what, as Intel (or ARM) writes it, the destination first; "" where there are none.
      reference: what is put into it when it is loaded, such as the function that is called; "" for most.
    """

    address: int
    code: bytes
    mnemonic: str
    operands: str
    reference: str

    def __str__(self) -> str:
        plain = f"{self.address:8x}:  {self.mnemonic:<12} {self.operands}".rstrip()
        return f"{plain}  ; {self.reference}" if self.reference else plain


def disassembled(function: Function) -> list[Line]:
    """Return the instructions of a function, every byte of it in one of them; what is none is told as ".byte"."""
    import capstone  # 0.1 s to import: only for who asks for machine code

    modes = {
        "x86-64": (capstone.CS_ARCH_X86, capstone.CS_MODE_64),
        "arm64": (capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM),
    }
    decoder = capstone.Cs(*modes[function.architecture])
    lines: list[Line] = []
    at, end = function.address, function.address + len(function.code)
    while at < end:
        rest = function.code[at - function.address :]
        for address, size, mnemonic, operands in decoder.disasm_lite(rest, at):
            code = function.code[address - function.address : address - function.address + size]
            put = ", ".join(what for place, what in function.references.items() if address <= place < address + size)
            lines.append(Line(address, code, mnemonic, operands, put))
            at = address + size
        if at < end:  # no instruction that Capstone knows
            code = function.code[at - function.address : at - function.address + 1]
            lines.append(Line(at, code, ".byte", f"0x{code[0]:02x}", ""))
            at += 1
    return lines


def text_of(function: Function, lines: Sequence[Line]) -> str:
    """Return a function as text: its name, its size, and a line for each instruction."""
    head = f"{function.name}:  ; {function.architecture}, {len(lines):,} instructions, {len(function.code):,} bytes"
    return "\n".join([head, *map(str, lines)])
