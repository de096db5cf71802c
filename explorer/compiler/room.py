"""Whether this machine has the memory to compile a program; said before it starts: XLA's end would be the kernel's.

XLA for CPU takes memory that grows faster than the program. Measured on language models of 1, 4, 12 and 24 layers with
their gradients (jax 0.10.2, XLA for CPU; operations counted as below, growth of the process while it compiled, MB):
301: 72, 1,039: 108, 3,007: 275, 5,959: 1,314. `needed` lies above all four.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
from jax.extend import core

MB = 1_000_000
_GROUPS = ("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")


def operations(jaxpr: Any) -> int:
    """Return how many operations XLA is given: a function called twice is inlined twice, a loop's body once.

    Args:
      jaxpr: a `Jaxpr` or `ClosedJaxpr`.
    """
    counted: dict[int, int] = {}

    def count(inner: Any) -> int:
        inner = getattr(inner, "jaxpr", inner)
        if id(inner) not in counted:
            counted[id(inner)] = sum(
                1 + sum(map(count, core.jaxprs_in_params(equation.params))) for equation in inner.eqns
            )
        return counted[id(inner)]

    return count(jaxpr)


def needed(count: int) -> int:
    """Return about how many bytes compiling takes that many operations for, rather too many than too few."""
    return 80 * MB + 40 * count**2


def available(groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Return the bytes that this process may still take: the machine's free memory, or a container's where less.

    Args:
      groups: where the system tells a container's limit; there is none on macOS and Windows.
    """
    free = int(psutil.virtual_memory().available)
    for limit, used in _GROUPS:
        try:
            free = min(free, int((groups / limit).read_text()) - int((groups / used).read_text()))
        except (OSError, ValueError):  # no such file, or "max": no limit
            continue
    return free


def refusal(jaxpr: Any, free: int | None = None) -> str | None:
    """Say why a program is not compiled here, or return None where it can be.

    Args:
      jaxpr: the traced program.
      free: bytes; what is available, where not given.
    """
    count = operations(jaxpr)
    need, free = needed(count), available() if free is None else free
    if need <= free:
        return None
    return (
        f"Not compiled: {count:,} operations would take XLA about {need / MB:,.0f} MB, and {max(free, 0) / MB:,.0f} MB "
        "are free; running out would end the kernel. Look at a part of it, or at fewer layers. To do it all the same, "
        "compile it yourself and hand that over: explorer.inspect(jax.jit(fn).lower(*args).compile())."
    )
