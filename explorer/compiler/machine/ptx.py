"""PTX: the assembly language that XLA writes for NVIDIA GPUs, and that NVIDIA's assembler turns into machine code.

Source: https://docs.nvidia.com/cuda/parallel-thread-execution
"""

from __future__ import annotations

import re

_ENTRY = re.compile(r"^(?:\.visible |\.weak )?\.entry ([\w$]+)", re.MULTILINE)
_EXPORTED = re.compile(r"^\t// \.globl\t.*\n", re.MULTILINE)
_TARGET = re.compile(r"^\.target (\w+)", re.MULTILINE)
_INSTRUCTION = re.compile(r"^\t(?:@!?%\w+[ \t]+)?[a-z][\w.:]*(?:[ \t].*)?;", re.MULTILINE)


def entries_of(module: str) -> dict[str, str]:
    """Return the kernels of a module of PTX by their names, each with what the module declares before its first one.

    A module of one kernel is returned byte for byte.
    """
    starts = list(_ENTRY.finditer(module))
    if len(starts) == 1:
        return {starts[0][1]: module}
    head = _EXPORTED.sub("", module[: starts[0].start()]) if starts else ""
    return {found[1]: head + _body(module, found.start()) for found in starts}


def text_of(name: str, ptx: str, maker: str | None = None) -> str:
    """Return a kernel as text: its name, what it is and its size, then its PTX without what a compiler says of itself.

    Args:
      name: of the kernel.
      ptx: a module with it and no other.
      maker: who wrote it, where that is not XLA's own emitter.
    """
    target, count = _TARGET.search(ptx), len(_INSTRUCTION.findall(ptx))
    by = f", by {maker}" if maker else ""
    body = re.sub(r"\n{3,}", "\n\n", _EXPORTED.sub("", re.sub(r"\A(?://.*\n)+", "", ptx))).strip("\n")
    return f"{name}:  // PTX for {target[1] if target else 'a GPU'}, {count:,} instructions{by}\n{body}"


def _body(module: str, start: int) -> str:
    return module[start : module.index("\n}", start) + 3]
