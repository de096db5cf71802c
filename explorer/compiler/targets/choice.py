"""What a name that a person picked stands for: a device here, a platform to lower for, or a machine to compile for."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax

from explorer.catalog import targets as devices
from explorer.compiler.targets.listing import what_it_can
from explorer.compiler.targets.target import HINT, Target, offered, parsed
from explorer.errors import FieldError

PLATFORMS = {"gpu": "cuda", "cuda": "cuda", "rocm": "rocm", "tpu": "tpu"}  # what JAX lowers for wherever it runs


class Choice(NamedTuple):
    """What a name stands for.

    Args:
      device: one that is here, else None.
      platform: what to lower for where it is not, else None.
      target: the machine to compile for, where the name says one.
    """

    device: jax.Device | None = None
    platform: str | None = None
    target: Target | None = None


def chosen(name: str | None) -> Choice:
    """Return what a name stands for: a device here, or a platform to lower for and the machine to compile for.

    Raises:
      FieldError: there is nothing of that name.
    """
    if name is None:
        return Choice()
    if str(name).lower() in PLATFORMS and not _is_here(name):
        return Choice(platform=PLATFORMS[str(name).lower()])
    if _is_here(name):
        return Choice(devices.device(name))
    try:
        found = parsed(name)
    except FieldError as error:
        if not error.problem.startswith("there is none"):
            raise
        allowed = f"{', '.join(devices.devices())}; {HINT}; and as far as StableHLO: {', '.join(PLATFORMS)}."
        raise FieldError("target", error.problem, f"Allowed: {allowed}") from None
    return Choice(platform=found.platform, target=found)


def _is_here(name: str) -> bool:
    try:
        devices.device(name)
    except FieldError:
        return False
    return True


def entries() -> list[dict[str, Any]]:
    """Return what a picker offers besides what a function was given for: each {"name", "title", "can", "reason"}.

    Of a machine that comes in several sizes there is one entry, of the smallest; the size is picked apart from it.
    """
    here = [devices.describe(name) for name in devices.devices()]
    found = [_entry(about["name"], about["title"], "runs here") for about in here]
    families: dict[str, Target] = {}
    for target in offered():
        families.setdefault(target.machine, target)
    return found + [_entry(t.name, t.machine_title, what_it_can(t.family)) for t in families.values()]


def _entry(name: str, title: str, can: str) -> dict[str, Any]:
    return {"name": name, "title": title, "can": can, "reason": can if can.startswith("install") else None}
