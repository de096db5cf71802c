"""The functions in a text of LLVM IR."""

from __future__ import annotations

import re

_DEFINED = re.compile(r'^define (?!internal |private )[^@\n]*@(?:"([^"]+)"|([\w.$-]+))\(', re.MULTILINE)


def defined_in(llvm: str) -> list[str]:
    """Return the names of the functions that others may call."""
    return [quoted or plain for quoted, plain in _DEFINED.findall(llvm)]


def definition(llvm: str, name: str) -> str:
    """Return one function; "" where it is not in it."""
    found = next((m for m in _DEFINED.finditer(llvm) if name in m.groups()), None)
    return "" if found is None else llvm[found.start() : llvm.index("\n}", found.start()) + 3]
