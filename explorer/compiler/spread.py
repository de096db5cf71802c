"""How what is looked at is spread over a mesh: picked array by array, and what can be picked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax
from jax.sharding import PartitionSpec

from explorer.compiler.targets.sharding import Sharding, axes_in
from explorer.compiler.targets.sharding_menus import menus, meshes
from explorer.compiler.targets.sharding_typed import typed, written
from explorer.errors import FieldError

Leaves = Mapping[str, jax.ShapeDtypeStruct]  # the arrays among all arguments, by name
Specs = Sequence[Mapping[str, PartitionSpec]]  # of each positional argument, its leaves by name


def specs_of(sharding: Sharding | None, args: Sequence[Any], names: Sequence[str]) -> Specs | None:
    """Return how each leaf of the positional arguments is split; None where there is no mesh, or it does not fit.

    Args:
      sharding: as it was asked for.
      args: the positional arguments.
      names: of all their leaves, in order.
    """
    if sharding is None:
        return None
    try:
        specs = sharding.resolved(args, names).specs
    except FieldError:
        return None
    found, left = [], iter(names)
    for own in specs:
        leaves = jax.tree.leaves(own, is_leaf=lambda leaf: isinstance(leaf, PartitionSpec))
        found.append({next(left): leaf for leaf in leaves})
    return found


def with_mesh(sharding: Sharding | None, mesh: str, specs: Specs | None) -> Sharding | None:
    """Return a sharding over another mesh; what arguments are split over and it has not is left out.

    Args:
      sharding: before.
      mesh: as it is typed.
      specs: how each leaf is split before.

    Raises:
      FieldError: it cannot be read.
    """
    new = typed(mesh, "")
    if new is None or sharding is None:
        return new
    kept = {name: _only(spec, dict(new.mesh)) for name, spec in _flat(specs).items()}
    return replace(new, named=tuple((name, spec) for name, spec in kept.items() if any(spec)))


def with_split(
    sharding: Sharding | None, leaves: Leaves, specs: Specs | None, argument: str, axis: int, names: str
) -> Sharding:
    """Return a sharding with one axis of an array split over other axes of the mesh.

    Args:
      sharding, specs: before.
      leaves: the arrays.
      argument: the name of one.
      axis: from 0.
      names: of axes of the mesh, such as "data" or "data+model"; "" is not split.

    Raises:
      FieldError: there is no mesh, or no such array or axis.
    """
    if sharding is None:
        raise FieldError("specs", "there is no mesh to split over.", "Choose one first.")
    found = _flat(specs)
    rank = len(leaves[argument].shape) if argument in found and argument in leaves else 0
    if not 0 <= axis < rank:
        raise FieldError("specs", f"there is no axis {axis} of '{argument}'.", f"There are: {', '.join(found)}.")
    parts = [axes_in(part) for part in (*found[argument], *[None] * (rank - len(found[argument])))]
    parts[axis] = tuple(name for name in names.split("+") if name)
    found[argument] = _spec(parts)
    return Sharding(sharding.mesh, (), tuple((name, spec) for name, spec in found.items() if any(spec)))


def header(sharding: Sharding | None, leaves: Leaves, specs: Specs | None, most: int) -> dict[str, Any]:
    """Return what a record says of how something is spread, and could be.

    Args:
      sharding: as it was asked for.
      leaves: the arrays.
      specs: how each leaf is split; None where that does not fit.
      most: how many devices there are.
    """
    flat = _flat(specs)
    mesh = {} if sharding is None or specs is None else dict(sharding.mesh)
    shown = {name: leaf for name, leaf in leaves.items() if name in flat}
    return {
        **written(sharding, specs),
        "most": most,
        "meshes": meshes(most),
        "splits": menus(mesh, shown, flat) if mesh else [],
    }


def _flat(specs: Specs | None) -> dict[str, PartitionSpec]:
    return {name: spec for own in specs or () for name, spec in own.items()}


def _only(spec: PartitionSpec, mesh: Mapping[str, int]) -> PartitionSpec:
    """Return a spec with nothing but axes of a mesh."""
    return _spec([tuple(name for name in axes_in(part) if name in mesh) for part in spec])


def _spec(parts: Sequence[tuple[str, ...]]) -> PartitionSpec:
    return PartitionSpec(*(part if len(part) > 1 else next(iter(part), None) for part in parts))
