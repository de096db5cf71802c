"""What XLA writes of a program besides its passes: kernels and reports on memory; read from one compile more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from explorer.compiler.classic_errors import first_line
from explorer.compiler.machine.gpu import per_kernel
from explorer.compiler.passes.dump import dumped, read

NOT_WRITTEN = "The compiler for this device wrote nothing about it."

_BEFORE, _AFTER = ".ir-no-opt.ll", ".ir-with-opt.ll"
_OBJECT = ".obj-file."
_PTX = ".ptx"
_ASSIGNMENT, _RANGES = "-buffer-assignment.txt", "-live-range.txt"


class Code(NamedTuple):
    """One module of LLVM's, with one kernel or several.

    Args:
      name: what XLA calls it.
      before, after: its LLVM IR before and after LLVM's optimization; "" where it was not written.
      object: the object file with its machine code; empty where it was not written.
      ptx: what it became for a GPU of NVIDIA's; "" where it is for no such.
    """

    name: str
    before: str
    after: str
    object: bytes
    ptx: str = ""


class Written(NamedTuple):
    """What XLA wrote of one program.

    Args:
      codes: by name, in the order of their names.
      assignment: which value lies where, as XLA prints it; "" where it was not written.
      ranges: when each value is needed, as XLA prints it; "" where it was not written.
      missing: one sentence on why there is nothing at all.
      gpu: whether it is for a GPU.
    """

    codes: tuple[Code, ...] = ()
    assignment: str = ""
    ranges: str = ""
    missing: str | None = None
    gpu: bool = False


def written_of(lowered: Any, options: Mapping[str, Any]) -> Written:
    """Compile a lowered program once more, and return what XLA wrote of it; nothing stays on disk.

    Args:
      lowered: `jax.stages.Lowered`.
      options: the compiler options it is compiled with besides.
    """
    try:
        with dumped(lowered, options, passes=False) as dump:
            return written_in(dump.folder)
    except Exception as error:  # whatever XLA raises, or a disk that is full
        return Written(missing=f"It could not be compiled once more: {first_line(f'{type(error).__name__}: {error}')}")


def written_in(folder: Path) -> Written:
    """Return what lies in a folder that XLA wrote to; where it is of several modules, that of the one most is of."""
    paths = sorted(path for path in folder.iterdir() if path.name.startswith("module_"))
    # module_0006.jit_step.obj-file.add_fusion_kernel_module.o, and dots may be in any of the names
    prefixes = Counter(".".join(path.name.split(".")[:2]) + "." for path in paths)
    if not prefixes:
        return Written(missing=NOT_WRITTEN)
    ((prefix, _),) = prefixes.most_common(1)
    files = {path.name.removeprefix(prefix): path for path in paths if path.name.startswith(prefix)}
    befores = {name.removesuffix(_BEFORE): path for name, path in files.items() if name.endswith(_BEFORE)}
    afters = {name.removesuffix(_AFTER): path for name, path in files.items() if name.endswith(_AFTER)}
    objects = {
        name.removeprefix(_OBJECT[1:]).removesuffix(".o"): path
        for name, path in files.items()
        if name.startswith(_OBJECT[1:])
    }
    ptx = [path for name, path in files.items() if name.endswith(_PTX)]
    if ptx:
        parts = (map(read, paths) for paths in (befores.values(), afters.values(), ptx))
        codes = tuple(Code(name, before, after, b"", made) for name, before, after, made in per_kernel(*parts))
    else:
        codes = tuple(
            Code(name, _text(befores.get(name)), _text(afters.get(name)), _bytes(objects.get(name)))
            for name in sorted({*befores, *afters, *objects})
        )
    return Written(codes, _text(_ending(files, _ASSIGNMENT)), _text(_ending(files, _RANGES)), gpu=bool(ptx))


def _ending(files: Mapping[str, Path], end: str) -> Path | None:
    return next((path for name, path in files.items() if name.endswith(end)), None)


def _text(path: Path | None) -> str:
    return "" if path is None else read(path)


def _bytes(path: Path | None) -> bytes:
    return b"" if path is None else path.read_bytes()
