"""A compile that writes down what XLA decided about fusions, and the program right after that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from explorer.compiler.classic_errors import first_line
from explorer.compiler.fusions.dump import FusionDump, FusionDumpError
from explorer.compiler.fusions.dump import read as read_dump
from explorer.compiler.fusions.reasons import RECORDS_NONE
from explorer.compiler.passes.dump import Dump, dumped, read

PASS = "priority-fusion"  # the pass of XLA for GPUs that decides what is fused, and writes why
_FILE = ".priority_fusion_dump.txt"
_NAMES = {"cpu": "the CPU", "tpu": "TPUs"}  # whose compilers record nothing
NOT_WRITTEN = "XLA recorded nothing about fusions here: the pass that does so did not run."


class Decided(NamedTuple):
    """What XLA recorded about fusions.

    Args:
      dump: its decisions; None where there are none.
      after: the module after the pass, whose names the last decisions are about.
      missing: one sentence on why nothing was recorded.
    """

    dump: FusionDump | None = None
    after: str = ""
    missing: str | None = None


def decided_of(lowered: Any, options: Mapping[str, Any], platform: str) -> Decided:
    """Compile a lowered program once more, where its compiler records reasons, and return these.

    Args:
      lowered: `jax.stages.Lowered`.
      options: the compiler options it is compiled with besides.
      platform: what it is for, such as "cpu" or "cuda".
    """
    if platform in _NAMES:
        return Decided(missing=RECORDS_NONE.format(_NAMES[platform]))
    try:
        with dumped(lowered, options) as dump:
            return _decided_in(dump)
    except FusionDumpError as error:  # a form that changed with a version
        return Decided(missing=f"What XLA recorded about fusions could not be read: {error}.")
    except Exception as error:  # whatever XLA raises, or a disk that is full
        return Decided(missing=f"It could not be compiled once more: {first_line(f'{type(error).__name__}: {error}')}")


def _decided_in(dump: Dump) -> Decided:
    if not dump.snapshots:
        return Decided(missing=NOT_WRITTEN)
    module = dump.snapshots[0].path.name.split(f".{dump.snapshots[0].pipeline}.")[0].rpartition(".")[0]
    path = dump.folder / f"{module}{_FILE}"
    if not path.is_file():
        return Decided(missing=NOT_WRITTEN)
    written = read_dump(read(path))
    after = [snapshot for snapshot in dump.snapshots if snapshot.name == PASS]
    return Decided(written, after[-1].text() if after else written.before)
