"""A sharding as a person types it, and as it is written for them: a mesh, and how each argument is split over it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jax.sharding import PartitionSpec

from explorer.compiler.targets.sharding import Sharding, axes_in, sharding_of
from explorer.errors import FieldError

_NAMED = re.compile(r"\s*([A-Za-z_][\w.]*(?:\[[^\]]*\][\w.]*)*)\s*:(.*)", re.DOTALL)
Specs = Mapping[str, PartitionSpec]  # by the name of an array


def typed(mesh: str, specs: str) -> Sharding | None:
    """Return the sharding that a person typed; None where no mesh is.

    Args:
      mesh: the axes with their sizes, such as "data=4, model=2".
      specs: for each positional argument, separated by semicolons, the mesh axis of each of its axes, such as
        "; data; data, model"; or, of an array or an argument by name, "params['w']: None, model". Nothing, or None,
        is not split, and "data+model" splits over both.

    Raises:
      FieldError: it cannot be read, in words.
    """
    axes: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in mesh.split(","))):
        name, _, size = (piece.strip() for piece in part.partition("="))
        if not name.isidentifier() or not size.isdecimal():
            raise FieldError("mesh", f"'{part}' is no axis with a size.", "Write such as data=4, model=2.")
        if name in axes:
            raise FieldError("mesh", f"there are two axes called '{name}'.", "Give each a name of its own.")
        axes[name] = int(size)
    pieces = specs.split(";") if specs.strip(" ;") else []
    named = tuple((match[1], _spec_of(match[2])) for match in map(_NAMED.fullmatch, pieces) if match)
    positional = [_spec_of(piece) for piece in pieces if not _NAMED.fullmatch(piece)]
    while positional and not positional[-1]:
        positional.pop()
    found = sharding_of(axes or None, positional or [name for name, _ in named])
    return None if found is None else Sharding(found.mesh, tuple(positional), named)


def written(sharding: Sharding | None, specs: Sequence[Specs] | None = None) -> dict[str, str]:
    """Return a sharding as a person types it: {"mesh": "data=4, model=2", "specs": "; data; data, model"}.

    Args:
      sharding: what is written.
      specs: of each positional argument, its arrays; None where they do not fit the arguments, and it is written as
        it was given.
    """
    if sharding is None:
        return {"mesh": "", "specs": ""}
    mesh = ", ".join(f"{name}={size}" for name, size in sharding.mesh)
    if specs is None:
        flat = [spec for spec in sharding.specs if spec is None or isinstance(spec, PartitionSpec)]
        parts = [text_of(spec) for spec in flat]
        parts += [f"{name}: {text_of(spec)}" for name, spec in sharding.named]
        return {"mesh": mesh, "specs": "; ".join(parts)}
    same = [next(iter(own.values()), PartitionSpec()) if len(set(own.values())) < 2 else None for own in specs]
    positional = ["" if spec is None else text_of(spec) for spec in same]
    while positional and not positional[-1]:
        positional.pop()
    apart = [
        f"{name}: {text_of(spec)}"
        for own, alike in zip(specs, same, strict=True)
        for name, spec in own.items()
        if alike is None and any(spec)
    ]
    return {"mesh": mesh, "specs": "; ".join([*positional, *apart])}


def text_of(spec: PartitionSpec | None) -> str:
    """Return a spec as it is typed: "data, None, data+model"."""
    return ", ".join("+".join(axes_in(part)) or "None" for part in spec or ())


def _spec_of(text: str) -> PartitionSpec:
    parts: list[Any] = []
    for part in text.split(",") if text.strip() else ():
        names = tuple(name.strip() for name in part.split("+") if name.strip() not in ("", "None"))
        parts.append(names if len(names) > 1 else next(iter(names), None))
    return PartitionSpec(*parts)
