"""A program for a machine that is not here: lowered in the kernel, compiled in the process of `serve.py`."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from explorer.compiler.targets.installed import is_installed, to_install
from explorer.compiler.targets.process import TargetError, process_for
from explorer.compiler.targets.target import Target

TIMEOUT_S = 300.0
LARGEST = 2**31 - 2**20  # bytes: XLA takes a program as a protocol buffer, which ends at 2 GiB


def check_size(count: int) -> None:
    """Check that a program is not too large for XLA.

    Args:
      count: bytes of the program, or of the constants in it.

    Raises:
      TargetError: it is.
    """
    if count > LARGEST:
        raise TargetError(
            f"The function holds {count / 1e9:.2f} GB of constants, and a program for XLA has at most "
            f"{LARGEST / 1e9:.2f} GB: an array that a function closes over becomes a constant of the program. "
            "Give it as an argument."
        )


class Lowered:
    """What `jax.stages.Lowered` is, for a target: it compiles elsewhere.

    Args:
      lowered: for the target's platform.
      target: what for.
      timeout: seconds that compiling may take.
    """

    def __init__(self, lowered: Any, target: Target, timeout: float = TIMEOUT_S) -> None:
        self.lowered, self.target, self.timeout = lowered, target, timeout

    def compile(self, compiler_options: Mapping[str, Any] | None = None) -> Compiled:
        """Compile it.

        Args:
          compiler_options: as `jax.stages.Lowered.compile` takes them.

        Raises:
          TargetError: it could not be done, in words.
        """
        target = self.target
        if not is_installed(target.family):
            raise TargetError(f"Compiling for {target.title} needs its compiler: {to_install(target.family)}")
        operation = self.lowered.compiler_ir("stablehlo").operation
        partitions = int(operation.attributes["mhlo.num_partitions"])
        if partitions > target.devices:
            raise TargetError(
                f"The program is made for {partitions:,} devices, and {target.title} has {target.devices:,}."
            )
        written = io.BytesIO()
        operation.write_bytecode(written)
        check_size(written.getbuffer().nbytes)
        asked = {"target": target.name, "partitions": partitions, "options": dict(compiler_options or {})}
        answer = process_for(target.family).ask(asked, (written.getvalue(),), timeout=self.timeout, name=target.title)
        told = answer.header
        return Compiled(target, answer.buffers[0].decode(), told["cost"], told["memory"], told["ms"])


class Compiled:
    """What `jax.stages.Compiled` is, for a target: it tells of the program, and cannot run it.

    Args:
      target: what for.
      text: the optimized HLO, byte for byte as XLA prints it.
      cost, memory: what XLA's analyses say, by their names.
      milliseconds: that XLA took.
    """

    def __init__(
        self, target: Target, text: str, cost: Mapping[str, float], memory: Mapping[str, int], milliseconds: float
    ) -> None:
        self.target, self.milliseconds = target, milliseconds
        self._text, self._cost, self._memory = text, cost, memory

    def as_text(self) -> str:
        """Return the optimized HLO."""
        return self._text

    def cost_analysis(self) -> Mapping[str, float]:
        """Return XLA's counts."""
        return self._cost

    def counted(self, texts: Sequence[str]) -> list[Mapping[str, float] | None]:
        """Return XLA's count of modules given as text, in the process of the target: a text that this XLA did not print
        may make its parser abort.

        Raises:
          TargetError: it could not be done, in words.
        """
        asked = {"count": list(texts)}
        target = self.target
        return process_for(target.family).ask(asked, timeout=TIMEOUT_S, name=target.title).header["counted"]

    def memory_analysis(self) -> SimpleNamespace:
        """Return XLA's report of the memory, as attributes."""
        return SimpleNamespace(**self._memory)
