"""Which devices exchange data with each other in a collective, and along which axes of the mesh that is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

import numpy as np

_LISTED = re.compile(r"\{([\d,]+)\}")
_IOTA = re.compile(r"\[([\d,]+)\]<=\[([\d,]+)\](?:T\(([\d,]+)\))?")
_AXES = re.compile(r"'([^']+)'=(\d+)")
_ALONG = re.compile(r"'([^']+)'(?::\((\d+)\)(\d+))?")  # of an axis all, or so many after so many

Mesh = Sequence[tuple[str, int]]


def groups_of(text: str) -> np.ndarray | None:
    """Return the groups of devices that a collective is among, i64[groups, devices]; None where they are not told.

    Args:
      text: of the attribute `replica_groups`: `{{0,1},{2,3}}`, `[2,2]<=[4]`, `[2,2]<=[2,2]T(1,0)` or
        `mesh['a'=2,'b'=2] {'a'}`.
    """
    if text.startswith("mesh["):
        return _named(text)
    iota = _IOTA.match(text)
    if iota:
        shape, sizes, order = (tuple(map(int, part.split(","))) if part else None for part in iota.groups())
        assert shape is not None
        assert sizes is not None
        return np.arange(np.prod(sizes)).reshape(sizes).transpose(order).reshape(shape)
    listed = [tuple(map(int, part.split(","))) for part in _LISTED.findall(text)]
    return np.array(listed) if listed and len({len(group) for group in listed}) == 1 else None


def axes_of(groups: np.ndarray | None, mesh: Mesh) -> tuple[str, ...] | None:
    """Return the axes of a mesh along which the devices of a group lie; None where they are no such groups.

    Args:
      groups: i64[groups, devices], devices by their place in the mesh.
      mesh: the axes with their sizes, the last one's devices being neighbours.
    """
    sizes = tuple(size for _, size in mesh)
    if groups is None or groups.size != np.prod(sizes):
        return None
    asked = {frozenset(group) for group in groups.tolist()}
    places = np.arange(groups.size).reshape(sizes)
    axes = [axis for axis, size in enumerate(sizes) if size > 1]
    for count in range(1, len(axes) + 1):
        for along in combinations(axes, count):
            rest = [axis for axis in range(len(sizes)) if axis not in along]
            found = places.transpose(*rest, *along).reshape(-1, int(np.prod([sizes[axis] for axis in along])))
            if {frozenset(group) for group in found.tolist()} == asked:
                return tuple(mesh[axis][0] for axis in along)
    return None


def moved_along(pairs: str, mesh: Mesh) -> tuple[str, ...] | None:
    """Return the axes of a mesh along which pieces move from device to device; None where that is not told.

    Args:
      pairs: text of the attribute `source_target_pairs`, such as `{{0,1},{1,0}}`.
      mesh: as `axes_of` takes it.
    """
    found = np.array([tuple(map(int, part.split(","))) for part in _LISTED.findall(pairs)])
    sizes = tuple(size for _, size in mesh)
    if found.size == 0 or found.max() >= np.prod(sizes):
        return None
    start, end = (np.array(np.unravel_index(found[:, side], sizes)) for side in (0, 1))
    return tuple(name for (name, _), changes in zip(mesh, (start != end).any(axis=1), strict=True) if changes)


def _named(text: str) -> np.ndarray | None:
    mesh, _, along = text.partition("]")
    names, sizes = zip(*_AXES.findall(mesh), strict=True)
    parts: list[tuple[str, int]] = []  # axes, those of which a part is asked for as two or three
    asked: list[int] = []
    whole = dict(zip(names, map(int, sizes), strict=True))
    wanted = {name: (int(before or 1), int(count or whole[name])) for name, before, count in _ALONG.findall(along)}
    for name, size in whole.items():
        before, count = wanted.get(name, (1, 1))
        for number, part in enumerate((before, count, size // (before * count))):
            if number == 1 and name in wanted:
                asked.append(len(parts))
            parts.append((name, part))
    order = [place for place in range(len(parts)) if place not in asked] + asked
    shape = tuple(size for _, size in parts)
    found = np.arange(np.prod(shape)).reshape(shape).transpose(order)
    return found.reshape(-1, int(np.prod([shape[place] for place in asked])))
