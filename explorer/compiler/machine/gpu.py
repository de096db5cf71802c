"""What XLA writes for a GPU, kernel by kernel; and the kernels that it does not write, but calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from explorer.compiler.collectives import kind_of
from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.machine.llvm import defined_in, definition
from explorer.compiler.machine.ptx import entries_of

LIBRARIES = {
    "__cublas$lt": "cuBLASLt",
    "__cublas": "cuBLAS",
    "__cudnn": "cuDNN",
    "cublas": "cuBLAS",
    "cudnn": "cuDNN",
    "cusolver": "cuSOLVER",
    "cusparse": "cuSPARSE",
    "cufft": "cuFFT",
    "hipblas": "hipBLAS",
    "__cub": "CUB",
    "xla.gpu.ext.cub": "CUB",
}
_TRITON = re.compile(r'"kind":"(?:__)?triton')


def per_kernel(
    befores: Iterable[str], afters: Iterable[str], ptx: Iterable[str]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield each kernel of a program: its name, its LLVM IR before and after LLVM's optimization, and its PTX.

    XLA numbers the files of these three anew, so they are put together by the names of the kernels in them.

    Args:
      befores, afters, ptx: the texts of all files of each sort.
    """
    before, after = _by_kernel(befores), _by_kernel(afters)
    made = {name: text for module in ptx for name, text in entries_of(module).items()}
    for name in dict.fromkeys([*made, *after, *before]):
        yield name, before.get(name, ""), after.get(name, ""), made.get(name, "")


def library_of(instruction: Instruction) -> str | None:
    """Return the library whose own kernels carry out an instruction; None where XLA writes one, or none is needed."""
    if instruction.opcode == "fft":
        return "cuFFT"
    if kind_of(instruction) is not None:
        return "NCCL"
    if instruction.opcode != "custom-call":
        return None
    target = dict(instruction.attributes).get("custom_call_target", "").strip('"')
    return next((known for start, known in LIBRARIES.items() if target.startswith(start)), None)


def maker_of(instruction: Instruction) -> str | None:
    """Return who writes the kernel of a fusion for XLA; None where XLA's own emitters do."""
    return "Triton" if _TRITON.search(dict(instruction.attributes).get("backend_config", "")) else None


def symbol_of(instruction: str) -> str:
    """Return what a kernel is called that is named after an instruction: a symbol of PTX has no dots and no dashes."""
    return re.sub(r"[^\w$]", "_", instruction)


def _by_kernel(modules: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for module in modules:
        names = defined_in(module)
        found |= {name: module if len(names) == 1 else definition(module, name) for name in names}
    return found
