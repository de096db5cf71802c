"""The memory of a program: figures that cost nothing, and what is found out when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from explorer.compiler.memory.timeline import Timeline


class Memory(Mapping[str, int]):
    """Bytes of one call, by name: argument_bytes, output_bytes, temp_bytes, alias_bytes, code_bytes, peak_bytes; what
    XLA does not tell is missing. On CPU, XLA's peak_bytes leaves out what is temporary; `timeline.peak_bytes` does not.

    Args:
      figures: these.
      timeline: returns what lives when.
    """

    def __init__(self, figures: Mapping[str, int], timeline: Callable[[], Timeline]) -> None:
        self._figures, self._timeline = dict(figures), timeline

    def __repr__(self) -> str:
        told = ", ".join(f"{name.removesuffix('_bytes')} {value:,}" for name, value in self.items())
        return f"<memory in bytes: {told or 'not told by the compiler for this device'}>"

    def __getitem__(self, name: str) -> int:
        return self._figures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._figures)

    def __len__(self) -> int:
        return len(self._figures)

    @cached_property
    def timeline(self) -> Timeline:
        """What lives when, and where it comes from; empty, with a reason, where the compiler does not tell. The program
        is compiled once more for it, and for its kernels, both together."""
        return self._timeline()
