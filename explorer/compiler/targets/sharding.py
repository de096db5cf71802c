"""A program over many devices: the mesh they make, and how each argument is split over it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
from jax.sharding import AbstractMesh, AxisType, NamedSharding, PartitionSpec

from explorer.compiler.targets.target import Target
from explorer.errors import FieldError


@dataclass(frozen=True)
class Sharding:
    """How a program is spread over devices.

    Args:
      mesh: the axes of the mesh with their sizes, in order.
      specs: of each positional argument a `PartitionSpec`, or a pytree of them that is a prefix of it; None, and what
        is left out, is whole on every device.
      named: of arrays by their names, such as "params['w']", or of all of an argument; they count before `specs`.
    """

    mesh: tuple[tuple[str, int], ...]
    specs: tuple[Any, ...] = ()
    named: tuple[tuple[str, PartitionSpec], ...] = ()

    @property
    def devices(self) -> int:
        """How many devices the mesh has."""
        return math.prod(size for _, size in self.mesh)

    def resolved(self, args: Sequence[Any], names: Sequence[str]) -> Sharding:
        """Return it with a spec of its own for every array.

        Args:
          args: the positional arguments.
          names: of all their leaves, in order.

        Raises:
          FieldError: a spec does not fit its argument, or a name is none, in words.
        """
        if len(self.specs) > len(args):
            raise FieldError(
                "specs", f"there are {len(self.specs)}.", f"Allowed: one for each of {len(args)} arguments."
            )
        specs = [*self.specs, *[None] * (len(args) - len(self.specs))]
        trees = tuple(_kept(n, arg, spec) for n, (arg, spec) in enumerate(zip(args, specs, strict=True)))
        leaves, tree = jax.tree.flatten(trees)
        found = [leaf.spec or PartitionSpec() for leaf in leaves]
        for name, spec in self.named:
            places = [n for n, leaf in enumerate(names) if _is_of(leaf, name)]
            if not places:
                known = ", ".join(dict.fromkeys(re.split(r"[\[.]", leaf)[0] for leaf in names))
                raise FieldError("specs", f"there is no argument called '{name}'.", f"There are: {known}.")
            for place in places:
                found[place] = spec
        return Sharding(self.mesh, tuple(jax.tree.unflatten(tree, found)))

    def spread(
        self,
        args: Sequence[Any],
        device: jax.Device | None,
        target: Target | None,
        names: Sequence[str] | None = None,
    ) -> tuple[Any, ...]:
        """Return the shapes of arguments with their shardings, over a target's devices or over those in this machine.

        Args:
          args: the arguments.
          device: one of the devices to take, where none is for a target; JAX's default, where not given.
          target: the machine that is compiled for, where it is not here.
          names: of all leaves of the arguments, in order, for what does not fit.

        Raises:
          FieldError: there are not so many devices, or a spec does not fit its argument, in words.
        """
        here = None
        if target is not None:
            have, what = target.devices, target.title
        else:
            here = jax.devices(None if device is None else device.platform)
            have, what = len(here), "this machine"
        if self.devices > have:
            raise FieldError("mesh", f"it has {self.devices:,} devices.", f"Allowed: up to {have:,}, as {what} has.")
        return self.placed(args, None if here is None else here[: self.devices], names)

    def placed(
        self, args: Sequence[Any], here: Sequence[jax.Device] | None = None, names: Sequence[str] | None = None
    ) -> tuple[Any, ...]:
        """Return the shapes of arguments with their shardings; of one that is resolved where it names arrays.

        Args:
          args: the arguments; what is no array stays as it is.
          here: the devices of the mesh, where they are in this machine.
          names: of all leaves, in order, for what does not fit.

        Raises:
          FieldError: a spec does not fit its argument, in words.
        """
        axes, sizes = tuple(name for name, _ in self.mesh), tuple(size for _, size in self.mesh)
        mesh: Any = AbstractMesh(sizes, axes, axis_types=(AxisType.Auto,) * len(axes))
        if here is not None:
            mesh = jax.make_mesh(sizes, axes, devices=list(here), axis_types=(AxisType.Auto,) * len(axes))
        leaves, tree = jax.tree.flatten(tuple(args))
        specs = jax.tree.leaves(self.resolved(args, ()).specs, is_leaf=_is_spec)
        called = names or [f"leaf {number + 1} of the arguments" for number in range(len(leaves))]
        placed = [self._leaf(*one, mesh) for one in zip(called, leaves, specs, strict=True)]
        found: tuple[Any, ...] = jax.tree.unflatten(tree, placed)
        return found

    def _leaf(self, name: str, leaf: Any, spec: PartitionSpec, mesh: Any) -> Any:
        if not hasattr(leaf, "shape") or not hasattr(leaf, "dtype"):
            return leaf
        shape = tuple(leaf.shape)
        parts = tuple(spec)
        if len(parts) > len(shape):
            raise FieldError(
                "specs", f"that of {name} names {len(parts)} axes.", f"The array has {len(shape)}: {shape}."
            )
        sizes = dict(self.mesh)
        used: list[str] = []
        for axis, part in enumerate(parts):
            own = axes_in(part)
            for along in own:
                if along not in sizes:
                    raise FieldError("specs", f"the mesh has no axis '{along}'.", f"It has: {', '.join(sizes)}.")
                if along in used:
                    told = f"'{along}' splits two axes of {name}."
                    raise FieldError("specs", told, "Each axis of the mesh splits one axis of an array.")
                used.append(along)
            count = math.prod(sizes[along] for along in own)
            if shape[axis] % count:
                raise FieldError(
                    "specs",
                    f"axis {axis} of {name} has {shape[axis]:,} elements.",
                    f"They must divide into {count:,} equal parts.",
                )
        sharding = NamedSharding(mesh, PartitionSpec(*parts))
        return jax.ShapeDtypeStruct(
            shape, leaf.dtype, sharding=sharding, weak_type=bool(getattr(leaf, "weak_type", False))
        )


class _Spec:
    """A spec as a leaf of a tree, which a `PartitionSpec` is not in every version."""

    def __init__(self, spec: Any) -> None:
        self.spec = spec


def axes_in(part: Any) -> tuple[str, ...]:
    """Return the axes of the mesh in one part of a `PartitionSpec`."""
    return tuple(part) if isinstance(part, tuple) else () if part is None else (part,)


def _is_spec(value: Any) -> bool:
    return value is None or isinstance(value, PartitionSpec)


def _kept(number: int, argument: Any, spec: Any) -> Any:
    """Return an argument with the spec of each leaf in its place."""
    try:
        spread = jax.tree.broadcast(spec, argument, is_leaf=_is_spec)
    except ValueError as error:
        raise FieldError("specs", f"that of argument {number} does not fit it: {error}", "") from error
    leaves = jax.tree.leaves(spread, is_leaf=_is_spec)
    return jax.tree.unflatten(jax.tree.structure(argument), [_Spec(leaf) for leaf in leaves])


def _is_of(leaf: str, name: str) -> bool:
    """Say whether an array is the one of a name, or a part of an argument of that name."""
    return leaf == name or leaf.startswith((f"{name}[", f"{name}."))


def sharding_of(mesh: Mapping[str, int] | None, specs: Sequence[Any]) -> Sharding | None:
    """Return the sharding that a person asked for; None where no mesh is given.

    Raises:
      FieldError: the mesh is none, or there are specs without one.
    """
    if mesh is None:
        if specs:
            raise FieldError("specs", "they name axes of a mesh, and there is none.", 'Give one: mesh={"data": 8}.')
        return None
    for name, size in mesh.items():
        if not isinstance(size, int) or size < 1:
            raise FieldError("mesh", f"the axis '{name}' has the size {size!r}.", "Allowed: whole numbers from 1.")
    return Sharding(tuple(mesh.items()), tuple(specs))
