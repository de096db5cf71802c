"""Everything that a program can be made for, and what each can do."""

from __future__ import annotations

from typing import NamedTuple

from explorer.catalog import targets as devices
from explorer.compiler.targets.installed import is_installed, to_install
from explorer.compiler.targets.target import offered, parsed

RUNS_HERE = "runs here"
COMPILE_ONLY = "compile only"


class Listed(NamedTuple):
    """One of `targets()`.

    Args:
      name: as `inspector(target=...)` takes it.
      title: for people.
      can: "runs here", "compile only", or "install: " and the command that does it.
    """

    name: str
    title: str
    can: str


def targets() -> tuple[Listed, ...]:
    """Return what a program can be made for: the devices here, then the machines that XLA can compile for.

    Of TPUs the smallest and the largest arrangement of chips are listed, of GPUs one and eight; any other up to 256
    can be named: "tpu-v5e:4x8", "gpu-h100:64".
    """
    here = [devices.describe(name) for name in devices.devices()]
    return (
        *(Listed(about["name"], about["title"], RUNS_HERE) for about in here),
        *(Listed(target.name, target.title, what_it_can(target.family)) for target in offered()),
    )


def what_it_can(family: str) -> str:
    """Return what can be done for a family of targets, in words."""
    return COMPILE_ONLY if is_installed(family) else f"install: {to_install(family)}"


def is_target(name: str) -> bool:
    """Say whether a name is one of a machine that is not here."""
    try:
        parsed(name)
    except ValueError:
        return False
    return True
