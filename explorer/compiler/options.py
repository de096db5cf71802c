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
    def statics(self) -> tuple[int, ...]:
        """Which positional arguments are static."""
        return (self.static_argnums,) if isinstance(self.static_argnums, int) else tuple(self.static_argnums)

    @property
    def jit(self) -> dict[str, Any]:
        """What is given to `jax.jit`: only what differs from its own defaults."""
        given = {"static_argnums": self.static_argnums, "donate_argnums": self.donate_argnums}
        return {name: value for name, value in given.items() if value != ()}


PLAIN = Options()

DISABLED = "xla_disable_hlo_passes"


def passes_off(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the passes that compiler options leave out, as XLA's files call them."""
    names = (name.replace(" ", "_") for name in str(options.get(DISABLED, "")).split(",") if name)
    return tuple(dict.fromkeys(names))


def without_pass(options: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return compiler options that leave out a pass besides, every time it runs."""
    # In the names of its files XLA has underscores for spaces.
    names = (known for each in (*passes_off(options), name) for known in (each, each.replace("_", " ")))
    return {**options, DISABLED: ",".join(dict.fromkeys(names))}


def in_words(options: Mapping[str, Any]) -> str:
    """Return what compiler options change, such as "without fusion, with xla_cpu_enable_fast_math=True"."""
    off = passes_off(options)
    left_out = [f"without {', '.join(off)}"] if off else []
    return ", ".join([*left_out, *(f"with {name}={value}" for name, value in options.items() if name != DISABLED)])
