"""What differs between two calls of one function, of all that makes JAX trace again."""

from __future__ import annotations

from typing import Literal, NamedTuple

from explorer.compiler.watch.signature import Leaf, Node, Signature

Kind = Literal["settings", "named", "structure", "object", "static", "shape", "dtype", "weak", "place"]


class Difference(NamedTuple):
    """One thing that is not as it was.

    Args:
      kind: "settings" for a setting of JAX; "named" for an argument once given by name and once by position;
        "structure" for a pytree with other nodes; "object" for another static object; "static" for another
        static value; "shape", "dtype" or "weak" for an array or number; "place" for other devices.
      path: of the argument, such as "params['w']", or the setting's name.
      before, now: what stood there: leaves, nodes, or words; None for nothing.
    """

    kind: Kind
    path: str
    before: Leaf | Node | str | None
    now: Leaf | Node | str | None


def differences(before: Signature, now: Signature) -> list[Difference]:
    """Return what differs, the causes that people can do most about first."""
    found = [
        Difference("settings", name, str(before.settings.get(name)), str(value))
        for name, value in now.settings.items()
        if before.settings.get(name) != value
    ]
    named = sorted(before.named ^ now.named)
    common = [name for name in named if _given(name, before) and _given(name, now)]
    found += [Difference("named", name, _how(name, before), _how(name, now)) for name in common]
    found += _structure(before, now)
    for path, leaf in now.leaves.items():
        earlier = before.leaves.get(path)
        if earlier is not None and (kind := _kind(earlier, leaf, now.static, path)):
            found.append(Difference(kind, path, earlier, leaf))
    order = list(Kind.__args__)  # type: ignore[attr-defined]
    return sorted(found, key=lambda difference: order.index(difference.kind))


def static_numbers(before: Signature, now: Signature) -> list[Difference]:
    """Return the Python numbers that changed, for where JAX does not say which arguments are static."""
    return [
        Difference("static", path, earlier, leaf)
        for path, leaf in now.leaves.items()
        if (earlier := before.leaves.get(path)) is not None
        and earlier.kind == leaf.kind == "number"
        and (earlier.type, earlier.value) != (leaf.type, leaf.value)
    ]


def _given(name: str, signature: Signature) -> bool:
    return any(path == name or path.startswith((f"{name}[", f"{name}.")) for path in signature.leaves)


def _how(name: str, signature: Signature) -> str:
    return "by name" if name in signature.named else "by position"


def _structure(before: Signature, now: Signature) -> list[Difference]:
    """Return the outermost nodes that differ, and the arguments that came or went."""
    found = []
    for path in dict.fromkeys([*now.nodes, *before.nodes]):
        if now.nodes.get(path) != before.nodes.get(path):
            old = before.nodes.get(path) or before.leaves.get(path)
            new = now.nodes.get(path) or now.leaves.get(path)
            found.append(Difference("structure", path, old, new))
    inside = tuple(difference.path for difference in found)
    for path in dict.fromkeys([*now.leaves, *before.leaves]):
        missing = (path in now.leaves) != (path in before.leaves)
        if missing and not any(path == node or path.startswith((f"{node}[", f"{node}.")) for node in inside):
            found.append(Difference("structure", path, before.leaves.get(path), now.leaves.get(path)))
    return [
        difference
        for difference in found
        if not any(difference.path != p and difference.path.startswith((f"{p}[", f"{p}.")) for p in inside)
    ]


def _kind(before: Leaf, now: Leaf, static: frozenset[str] | None, path: str) -> Kind | None:
    if "object" in (before.kind, now.kind):
        same = before.object() is now.object() if before.object and now.object else before.value == now.value
        if before.kind == now.kind and before.type == now.type and same:
            return None
        return "object" if before.object and now.object else "static"
    if static is not None and path in static:
        return None if (before.type, before.value) == (now.type, now.value) else "static"
    if before.shape != now.shape:
        return "shape"
    if before.dtype != now.dtype:
        return "dtype"
    if before.weak != now.weak:
        return "weak"
    return "place" if before.place and now.place and before.place != now.place else None
