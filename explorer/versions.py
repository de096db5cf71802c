"""Which versions the explorer was made for, and which are here. Imports nothing that it reports on."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

DISTRIBUTION = "jax-explorer"
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*(?P<range>[^;]*)")
_BOUND = re.compile(r"(>=|<=|<|>|==)\s*([0-9][0-9.]*)")


def clone() -> Path | None:
    """Return the folder of the clone that this package runs from, or None when it was installed."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / "pyproject.toml").is_file() and (root / "notebooks").is_dir() else None


def own() -> str:
    """Return the explorer's own version."""
    project = _project()
    return project["version"] if project else metadata.version(DISTRIBUTION)


def installed(name: str) -> str | None:
    """Return the version of an installed distribution, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


@cache
def wanted(extra: str = "") -> dict[str, str]:
    """Return the ranges that the explorer asks for, such as {"jax": ">=0.10,<0.13"}, in their order.

    Args:
      extra: "lab", "test" or another for what it adds; empty for what the explorer cannot do without.
    """
    project = _project()
    if project:
        lines = project["optional-dependencies"][extra] if extra else project["dependencies"]
    else:
        of_extra = re.compile(r"""extra *== *["']([\w-]+)["']""")
        every = [(line, of_extra.search(line)) for line in metadata.requires(DISTRIBUTION) or []]
        lines = [line for line, found in every if (found[1] if found else "") == extra]
    return {m["name"].lower(): m["range"].strip() for line in lines if (m := _REQUIREMENT.match(line))}


def wanted_python() -> str:
    """Return the range of Python versions that the explorer asks for."""
    project = _project()
    return project["requires-python"] if project else metadata.metadata(DISTRIBUTION)["Requires-Python"]


def in_range(version: str, allowed: str) -> bool:
    """Return whether a version such as "0.10.2" or "0.12.0.dev1" is in a range such as ">=0.10,<0.13"."""
    here = _release(version)
    for sign, bound in _BOUND.findall(allowed):
        limit = _release(bound)
        size = max(len(here), len(limit))
        left, right = (part + (0,) * (size - len(part)) for part in (here, limit))
        holds = {">=": left >= right, "<=": left <= right, "<": left < right, ">": left > right}
        if not holds.get(sign, left == right):
            return False
    return True


def in_words(allowed: str) -> str:
    """Return a range as people say it: ">=0.10,<0.13" is "0.10 or later, before 0.13"."""
    words = {">=": "{} or later", "<": "before {}", "<=": "up to {}", ">": "after {}", "==": "{}"}
    bounds = sorted(_BOUND.findall(allowed), key=lambda bound: bound[0] in ("<", "<="))
    return ", ".join(words[sign].format(bound) for sign, bound in bounds) or "any version"


def _release(version: str) -> tuple[int, ...]:
    match = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
    return tuple(map(int, match[0].split("."))) if match else ()


def _project() -> dict[str, Any] | None:
    root = clone()  # its pyproject.toml is newer than what an editable install wrote down
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"] if root else None
