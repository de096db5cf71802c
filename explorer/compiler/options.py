"""How a function is jitted, lowered and compiled for a look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from explorer.compiler.targets.target import Target

Numbers = int | tuple[int, ...]


@dataclass(frozen=True)
class Options:
    """How a function is jitted, lowered and compiled.

    Args:
      static_argnums, donate_argnums: as `jax.jit` takes them.
      compiler_options: as `jax.stages.Lowered.compile` takes them.
      platform: what to lower for where no such device is here, such as "tpu"; it is then not compiled.
      target: the machine to compile for where it is not here; `platform` is then its own.
      timeout: seconds that compiling for a target may take.
    """

    static_argnums: Numbers = ()
    donate_argnums: Numbers = ()
    compiler_options: Mapping[str, Any] = field(default_factory=dict)
    platform: str | None = None
    target: Target | None = None
    timeout: float = 300.0

    @property
    def place(self) -> str | None:
        """What it is lowered and compiled for, for people; None where that is a device here."""
        return self.platform if self.target is None else self.target.label

    @property
    def jit(self) -> dict[str, Any]:
        """What is given to `jax.jit`: only what differs from its own defaults."""
        given = {"static_argnums": self.static_argnums, "donate_argnums": self.donate_argnums}
        return {name: value for name, value in given.items() if value != ()}


PLAIN = Options()
