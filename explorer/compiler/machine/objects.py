"""The functions in an object file: their machine code, and what is put into it when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

ARCHITECTURES = {"X86_64": "x86-64", "ARM64": "arm64"}  # what LIEF calls them: what they are called here


class ObjectError(ValueError):
    """An object file that is not read here; the message says why."""


class Function(NamedTuple):
    """A function of an object file.

    Args:
      name: its symbol.
      architecture: of the processor: "x86-64" or "arm64".
      address: of its first byte, in its section.
      code: its bytes.
      references: what is put in when it is loaded, by the address of the place.
    """

    name: str
    architecture: str
    address: int
    code: bytes
    references: Mapping[int, str]


def functions_of(object_: bytes) -> list[Function]:
    """Return the functions in an object file of Linux (ELF) or macOS (Mach-O), in the order of their addresses.

    Raises:
      ObjectError: it is of another format, or for another kind of processor.
    """
    import lief  # it takes half a second to import: only for who asks for machine code

    found: Any = lief.parse(object_)
    if not isinstance(found, lief.ELF.Binary | lief.MachO.Binary):
        raise ObjectError("The object files of this system are in a format that is not read here.")
    kind = found.abstract.header.architecture.name
    if kind not in ARCHITECTURES:
        raise ObjectError(f"The machine code is for {kind}, which is not read here.")
    apple = isinstance(found, lief.MachO.Binary)
    symbols = [(symbol, section) for symbol, section in _defined(found, apple) if _is_function(symbol, apple)]
    functions = []
    for section in found.sections:
        here = sorted((symbol.value, symbol.name) for symbol, where in symbols if where == section.name)
        if not here:
            continue
        content, base = bytes(section.content), section.virtual_address if apple else 0
        references = _references(found, section, apple)
        sizes = {symbol.value: 0 if apple else symbol.size for symbol, where in symbols if where == section.name}
        ends = [start for start, _ in here[1:]] + [base + len(content)]
        for (start, name), next_ in zip(here, ends, strict=True):
            end = start + sizes[start] if sizes[start] else next_
            put = {place: what for place, what in references.items() if start <= place < end}
            name = name.removeprefix("_") if apple else name
            functions.append(Function(name, ARCHITECTURES[kind], start, content[start - base : end - base], put))
    return functions


def _defined(found: Any, apple: bool) -> list[tuple[Any, str]]:
    """Return the symbols that the file itself defines, with the name of the section each is in."""
    if not apple:
        return [(symbol, symbol.section.name) for symbol in found.symbols if symbol.section is not None]
    sections = [section.name for section in found.sections]
    return [(s, sections[s.numberof_sections - 1]) for s in found.symbols if 0 < s.numberof_sections <= len(sections)]


def _is_function(symbol: Any, apple: bool) -> bool:
    # Mach-O does not tell functions apart, but for the underscore before what was not made up by the assembler
    return symbol.name.startswith("_") if apple else symbol.is_function


def _references(found: Any, section: Any, apple: bool) -> dict[int, str]:
    if apple:
        base = section.virtual_address - section.offset  # LIEF tells where they are in the file
        return {base + r.address: r.symbol.name.removeprefix("_") for r in section.relocations if r.has_symbol}
    return {
        r.address: _plus(r.symbol.name or (r.symbol.section.name if r.symbol.section is not None else ""), r.addend)
        for r in found.relocations
        if r.has_symbol and r.section is not None and r.section.name == section.name
    }


def _plus(name: str, addend: int) -> str:
    return f"{name}{addend:+#x}" if addend else name
