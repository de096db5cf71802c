"""A compile that writes down every pass that changed the program, in a folder that does not outlive it."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from explorer.compiler.jax_private import nothing_cached

# module_0006.jit_f.0007.simplification.after_algsimp.before_simplify-sorts.txt
_NAME = re.compile(r"(module_\d+\..*?)\.(\d{4,})\.(.+?)\.after_(.+?)(?:\.before_(.+))?\.txt")
_BEFORE = ".before_optimizations.txt"
EDGES = frozenset({"pipeline-start", "pipeline-end"})  # no passes: where a pipeline begins and ends


class Snapshot(NamedTuple):
    """The program after a pass.

    Args:
      pipeline: the list of passes that the pass is run from.
      name: of the pass; "pipeline-start" where the pipeline begins.
      following: the pass after it, "" where that is not told.
      path: the file, which lives as long as the dump.
    """

    pipeline: str
    name: str
    following: str
    path: Path

    def text(self) -> str:
        """Return the text, byte for byte."""
        return read(self.path)


class Dump(NamedTuple):
    """What XLA wrote of one module: the program as it was given, and after each pass.

    Args:
      before: the file of the program before optimization, None where XLA did not write it.
      snapshots: in the order of the passes.
      folder: with everything else XLA wrote.
    """

    before: Path | None
    snapshots: tuple[Snapshot, ...]
    folder: Path


@contextmanager
def dumped(lowered: Any, options: Mapping[str, Any], passes: bool = True) -> Iterator[Dump]:
    """Compile a lowered program and give what XLA wrote about it; the folder is removed, whatever happens.

    Args:
      lowered: `jax.stages.Lowered`.
      options: the compiler options it is compiled with besides.
      passes: whether the program after each pass is written; else its LLVM IR is, which newer versions leave out. What
        Triton does on the way to it, "triton-to-llvm", is not: it takes ten times as long.
    """
    with tempfile.TemporaryDirectory(prefix="jax-explorer-") as folder:
        asked = {
            "xla_dump_to": folder,
            **({"xla_dump_hlo_pass_re": ".*"} if passes else {}),
            # Unlike the two above it is part of the key of JAX's persistent cache: a program that came from there
            # would not be compiled, and nothing would be written.
            "xla_dump_emitter_re": Path(folder).name if passes else f"^llvm|{Path(folder).name}",
        }
        with nothing_cached():
            lowered.compile(compiler_options={**options, **asked})
        yield dump_in(Path(folder))


def dump_in(folder: Path) -> Dump:
    """Return what lies in a folder that XLA wrote to. Where it is of several modules, as from trying out kernels on a
    GPU, it is the one with the most passes."""
    found = [(path, _NAME.fullmatch(path.name)) for path in sorted(folder.iterdir(), key=lambda path: path.name)]
    matches = [(path, match) for path, match in found if match is not None]
    if not matches:
        return Dump(None, (), folder)
    ((module, _),) = Counter(match[1] for _, match in matches).most_common(1)
    snapshots = [Snapshot(m[3], m[4], m[5] or "", path) for path, m in matches if m[1] == module]
    before = folder / f"{module}{_BEFORE}"
    return Dump(before if before.is_file() else None, tuple(snapshots), folder)


def read(path: Path) -> str:
    """Return a text as it is, with whatever line ends it has."""
    return path.read_bytes().decode()
