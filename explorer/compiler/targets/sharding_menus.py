"""What can be picked of a sharding: meshes of so many devices, and for each axis of an array what may split it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

from jax.sharding import PartitionSpec

from explorer.compiler.targets.sharding import Sharding, axes_in
from explorer.compiler.targets.sharding_typed import written

FEW = 2  # axes of a mesh that may split one axis of an array together


def meshes(devices: int) -> list[str]:
    """Return meshes of so many devices as they are typed: for the batch alone, then for the batch and the weights."""
    found = [Sharding((("data", devices),))]
    found += [
        Sharding((("data", devices // size), ("model", size)))
        for size in range(2, devices // 2 + 1)
        if devices % size == 0
    ]
    return [written(one)["mesh"] for one in found]


def menus(
    mesh: Mapping[str, int], shapes: Mapping[str, Any], specs: Mapping[str, PartitionSpec]
) -> list[dict[str, Any]]:
    """Return for each array what splits each of its axes now, and what could.

    Args:
      mesh: the axes with their sizes.
      shapes: of the arrays, by name; what has no axis is left out.
      specs: how each is split now.
    """
    return [
        {"name": name, "shape": list(leaf.shape), "axes": _axes(mesh, leaf.shape, specs.get(name, PartitionSpec()))}
        for name, leaf in shapes.items()
        if len(leaf.shape)
    ]


def _axes(mesh: Mapping[str, int], shape: Sequence[int], spec: PartitionSpec) -> list[dict[str, Any]]:
    parts = [axes_in(part) for part in (*spec, *[None] * (len(shape) - len(spec)))]
    choices = [(), *(names for count in range(1, FEW + 1) for names in permutations(mesh, count))]
    return [
        {
            "axis": axis,
            "now": "+".join(parts[axis]),
            "options": [
                {"value": "+".join(names), "reason": _reason(names, mesh, size, parts, axis)} for names in choices
            ],
        }
        for axis, size in enumerate(shape)
    ]


def _reason(
    names: Sequence[str], mesh: Mapping[str, int], size: int, parts: Sequence[Sequence[str]], axis: int
) -> str | None:
    """Return why an axis of an array cannot be split so; None where it can."""
    other = next((name for n, part in enumerate(parts) for name in part if n != axis and name in names), None)
    if other is not None:
        return f"{other} splits another axis of it"
    count = math.prod(mesh[name] for name in names)
    return f"{size:,} does not divide into {count:,}" if size % count else None
