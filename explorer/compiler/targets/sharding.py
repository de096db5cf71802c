"""A program over many devices: the mesh they make, and how each argument is split over it."""

from __future__ import annotations

import math
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
    """

    mesh: tuple[tuple[str, int], ...]
    specs: tuple[Any, ...] = ()

    @property
    def devices(self) -> int:
        """How many devices the mesh has."""
        return math.prod(size for _, size in self.mesh)

    def spread(self, args: Sequence[Any], device: jax.Device | None, target: Target | None) -> tuple[Any, ...]:
        """Return the shapes of arguments with their shardings, over a target's devices or over those in this machine.

        Args:
          args: the arguments.
          device: one of the devices to take, where none is for a target; JAX's default, where not given.
          target: the machine that is compiled for, where it is not here.

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
        return self.placed(args, None if here is None else here[: self.devices])

    def placed(self, args: Sequence[Any], here: Sequence[jax.Device] | None = None) -> tuple[Any, ...]:
        """Return the shapes of arguments with their shardings.

        Args:
          args: the arguments; what is no array stays as it is.
          here: the devices of the mesh, where they are in this machine.

        Raises:
          FieldError: a spec does not fit its argument, in words.
        """
        if len(self.specs) > len(args):
            raise FieldError(
                "specs", f"there are {len(self.specs)}.", f"Allowed: one for each of {len(args)} arguments."
            )
        names, sizes = tuple(name for name, _ in self.mesh), tuple(size for _, size in self.mesh)
        mesh: Any = AbstractMesh(sizes, names, axis_types=(AxisType.Auto,) * len(names))
        if here is not None:
            mesh = jax.make_mesh(sizes, names, devices=list(here), axis_types=(AxisType.Auto,) * len(names))
        specs = [*self.specs, *[None] * (len(args) - len(self.specs))]
        return tuple(self._argument(n, arg, spec, mesh) for n, (arg, spec) in enumerate(zip(args, specs, strict=True)))

    def _argument(self, number: int, argument: Any, spec: Any, mesh: Any) -> Any:
        try:
            spread = jax.tree.broadcast(spec, argument, is_leaf=_is_spec)
        except ValueError as error:
            raise FieldError("specs", f"that of argument {number} does not fit it: {error}", "") from error
        return jax.tree.map(lambda leaf, own: self._leaf(number, leaf, own, mesh), argument, _kept(argument, spread))

    def _leaf(self, number: int, leaf: Any, spec: _Spec, mesh: Any) -> Any:
        if not hasattr(leaf, "shape") or not hasattr(leaf, "dtype"):
            return leaf
        shape = tuple(leaf.shape)
        parts = tuple(spec.spec or ())
        if len(parts) > len(shape):
            raise FieldError(
                "specs", f"that of argument {number} names {len(parts)} axes.", f"The array has {len(shape)}: {shape}."
            )
        sizes = dict(self.mesh)
        for axis, part in enumerate(parts):
            for name in part if isinstance(part, tuple) else (part,):
                if name is not None and name not in sizes:
                    raise FieldError("specs", f"the mesh has no axis '{name}'.", f"It has: {', '.join(sizes)}.")
            count = math.prod(sizes[name] for name in (part if isinstance(part, tuple) else (part,)) if name)
            if shape[axis] % count:
                raise FieldError(
                    "specs",
                    f"axis {axis} of argument {number} has {shape[axis]:,} elements.",
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


def _is_spec(value: Any) -> bool:
    return value is None or isinstance(value, PartitionSpec)


def _kept(argument: Any, spread: Any) -> Any:
    leaves = jax.tree.leaves(spread, is_leaf=_is_spec)
    return jax.tree.unflatten(jax.tree.structure(argument), [_Spec(leaf) for leaf in leaves])


def written(sharding: Sharding | None) -> dict[str, str]:
    """Return a sharding as a person types it: {"mesh": "data=4, model=2", "specs": "; data; data, model"}."""
    if sharding is None:
        return {"mesh": "", "specs": ""}
    specs = [", ".join(_typed(part) for part in spec or ()) for spec in sharding.specs]
    return {"mesh": ", ".join(f"{name}={size}" for name, size in sharding.mesh), "specs": "; ".join(specs)}


def typed(mesh: str, specs: str) -> Sharding | None:
    """Return the sharding that a person typed; None where no mesh is.

    Args:
      mesh: the axes with their sizes, such as "data=4, model=2".
      specs: for each positional argument, separated by semicolons, the mesh axis of each of its axes, such as
        "; data; data, model"; nothing, or None, is not split, and "data+model" splits over both.

    Raises:
      FieldError: it cannot be read, in words.
    """
    axes: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in mesh.split(","))):
        name, _, size = (piece.strip() for piece in part.partition("="))
        if not name.isidentifier() or not size.isdecimal():
            raise FieldError("mesh", f"'{part}' is no axis with a size.", "Write such as data=4, model=2.")
        axes[name] = int(size)
    found = [_spec_of(one) for one in specs.split(";")] if specs.strip(" ;") else []
    return sharding_of(axes or None, found)


def _spec_of(text: str) -> PartitionSpec:
    parts: list[Any] = []
    for part in text.split(",") if text.strip() else ():
        names = tuple(name.strip() for name in part.split("+") if name.strip() not in ("", "None"))
        parts.append(names if len(names) > 1 else next(iter(names), None))
    return PartitionSpec(*parts)


def _typed(part: Any) -> str:
    return "+".join(part) if isinstance(part, tuple) else str(part)


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
