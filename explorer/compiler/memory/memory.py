"""The memory of a program: figures that cost nothing, and what is found out when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from explorer.compiler.memory.residuals import Residuals
from explorer.compiler.memory.timeline import Timeline
from explorer.compiler.memory.tried import Tried


class Memory(Mapping[str, int]):
    """Bytes of one call, by name: argument_bytes, output_bytes, temp_bytes, alias_bytes, code_bytes, peak_bytes; what
    XLA does not tell is missing. On CPU, XLA's peak_bytes leaves out what is temporary; `timeline.peak_bytes` does not.

    Args:
      figures: these.
      timeline: returns what lives when.
      residuals: returns what the backward pass needs.
      donation: tries donation.
      checkpoint: tries `jax.checkpoint` with a policy.
    """

    def __init__(
        self,
        figures: Mapping[str, int],
        timeline: Callable[[], Timeline],
        residuals: Callable[[], Residuals],
        donation: Callable[[], Tried],
        checkpoint: Callable[[str | None], Tried],
    ) -> None:
        self._figures, self._timeline, self._residuals = dict(figures), timeline, residuals
        self._donation, self._checkpoint = donation, checkpoint
        self.tried: dict[str, Tried] = {}  # what was tried so far, by "donation" and "checkpoint"

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

    @cached_property
    def residuals(self) -> Residuals:
        """What the backward pass keeps of the forward pass, and which line keeps how many bytes; of a function that is
        not differentiated, what it would keep."""
        return self._residuals()

    def try_donation(self) -> Tried:
        """Compile the program with its arguments donated, and return what that saves."""
        self.tried["donation"] = self._donation()
        return self.tried["donation"]

    def try_checkpoint(self, policy: str | None = None) -> Tried:
        """Compile the program with `jax.checkpoint` around what is differentiated, and return what that saves.

        Args:
          policy: what is kept all the same, one of `jax.checkpoint_policies` by its name.

        Raises:
          FieldError: there is no such policy.
        """
        self.tried["checkpoint"] = self._checkpoint(policy)
        return self.tried["checkpoint"]
