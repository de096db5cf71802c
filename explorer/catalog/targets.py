"""The devices that a run or a compile can be for, by one grammar of names: `cpu`, `cpu:0`, `gpu:1`, `tpu:0`.

The word before the colon is JAX's name of a platform, the number counts the devices of that platform that
this process can use, from 0. Without a number it is the first.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import jax

from explorer.errors import FieldError

_PLATFORMS = ("cpu", "gpu", "tpu")  # "gpu" is JAX's common word for cuda and rocm
# How JAX says that a platform is not here; the second where JAX_PLATFORMS asks for nothing but an absent one.
_ABSENT = (RuntimeError, AssertionError)
_NAME = re.compile(r"(?P<platform>[a-z][a-z_0-9]*)(?::(?P<index>\d+))?")


def devices() -> tuple[str, ...]:
    """Return the name of every device here: "cpu" where a platform has one, else "cpu:0", "cpu:1", ..."""
    return tuple(
        platform if len(found) == 1 else f"{platform}:{index}"
        for platform, found in _present().items()
        for index in range(len(found))
    )


def device(name: str) -> jax.Device:
    """Return the device of that name.

    Raises:
      FieldError: no such device is here.
    """
    platform, index = _parsed(name)
    return _present()[platform][index]


def canonical(name: str) -> str:
    """Return the name under which `devices` lists a device: "cpu:0" and "cpu" are the same one.

    Raises:
      FieldError: no such device is here.
    """
    platform, index = _parsed(name)
    return platform if len(_present()[platform]) == 1 else f"{platform}:{index}"


def describe(name: str) -> dict[str, Any]:
    """Return what is known of a device.

    Returns:
      name: as `devices` lists it; title: for people, such as "GPU 1, NVIDIA H100"; kind: the maker's name;
      platform: "cpu", "gpu" or "tpu"; memory: bytes that JAX may use on it, or None where it does not say.

    Raises:
      FieldError: no such device is here.
    """
    platform, index = _parsed(name)
    found = device(name)
    number = f" {index}" if len(_present()[platform]) > 1 else ""
    maker = "" if found.device_kind.lower() == platform else f", {found.device_kind}"
    statistics = found.memory_stats() or {}
    return {
        "name": canonical(name),
        "title": f"{platform.upper()}{number}{maker}",
        "kind": found.device_kind,
        "platform": platform,
        "memory": statistics.get("bytes_limit"),
    }


def _present() -> dict[str, list[jax.Device]]:
    found: dict[str, list[jax.Device]] = {}
    for platform in _PLATFORMS:
        with suppress(*_ABSENT):
            found[platform] = jax.local_devices(backend=platform)
    with suppress(*_ABSENT):
        backend = jax.default_backend()  # one that is none of the three comes from a plugin
        if not any(d.platform == backend for group in found.values() for d in group):
            found[backend] = jax.local_devices()
    return found


def _parsed(name: str) -> tuple[str, int]:
    match = _NAME.fullmatch(str(name).strip().lower())
    platform, index = (match["platform"], int(match["index"] or 0)) if match else ("", 0)
    if index >= len(_present().get(platform, [])):
        problem = f"there is no device '{name}' on this machine."
        raise FieldError("device", problem, f"Allowed: {', '.join(devices()) or 'none'}.")
    return platform, index
