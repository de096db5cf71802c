"""What differs between two calls, as a cause in words with what to change."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from explorer.compiler.watch.difference import Difference
from explorer.compiler.watch.signature import Leaf, Node, Signature

Kind = Literal[
    "first", "shape", "dtype", "weak type", "static", "self", "object", "made anew", "jit anew", "structure",
    "named", "settings", "place", "again", "before", "transformed", "unknown",
]  # fmt: skip


class Cause(NamedTuple):
    """Why a function was traced or compiled.

    Args:
      kind: in a word, for counting.
      why: a sentence or two.
      change: what to change in the program; "" where nothing is to be changed.
    """

    kind: Kind
    why: str
    change: str = ""

    @property
    def avoidable(self) -> bool:
        """Whether a change of the program would save the trace and the compile."""
        return self.kind not in ("first", "before", "transformed", "unknown")


def told(found: Sequence[Difference], earlier: Sequence[Signature]) -> Cause:
    """Return the cause that differences make.

    Args:
      found: what differs, the cause that people can do most about first; not empty.
      earlier: what the function was called with before, the oldest first.
    """
    first = found[0]
    tell = {
        "settings": _settings, "named": _named, "structure": _structure, "object": _object, "static": _static,
        "shape": _shape, "dtype": _dtype, "weak": _weak, "place": _place,
    }[first.kind]  # fmt: skip
    cause = tell(first, earlier)
    more = [difference.path for difference in found[1:] if difference.path != first.path]
    if more and first.kind != "settings":  # another setting changes the dtypes by itself
        others = ", ".join(f"`{path}`" for path in more[:3]) + (f" and {len(more) - 3:,} more" if len(more) > 3 else "")
        cause = cause._replace(why=f"{cause.why} {others} differ{'s' if len(more) == 1 else ''} too.")
    return cause


def _settings(difference: Difference, _: Sequence[Signature]) -> Cause:
    wide = difference.path == "jax_enable_x64" and difference.now == "True"
    x64 = " NumPy's and Python's numbers are then read in 64 bits." if wide else ""
    return Cause(
        "settings",
        f"JAX's setting `{difference.path}` is {difference.now} now and was {difference.before} before: every function "
        f"is traced anew under other settings.{x64}",
        "Set it once, at the start of the program.",
    )


def _named(difference: Difference, _: Sequence[Signature]) -> Cause:
    return Cause(
        "named",
        f"`{difference.path}` is given {difference.now} now and was given {difference.before} before, which to JAX is "
        "another set of arguments.",
        "Give it the same way at every call.",
    )


def _structure(difference: Difference, earlier: Sequence[Signature]) -> Cause:
    before, now, path = difference.before, difference.now, difference.path
    if isinstance(before, Node) and isinstance(now, Node) and before.type == now.type and before.size != now.size:
        verb = "grows" if now.size > before.size else "shrinks"
        return Cause(
            "structure",
            f"`{path}` {verb}: a {now.type} of {now.size:,} now, of {before.size:,} before. Each length is a program "
            "of its own, and a longer one takes longer to compile.",
            "Keep its length the same: put the entries into one array made in advance, or loop with `jax.lax.scan`.",
        )
    return Cause(
        "structure",
        f"`{path}` is built in another way: {_what(now)} now, {_what(before)} before.",
        "Give it the same keys, types and lengths at every call.",
    )


def _what(thing: Leaf | Node | str | None) -> str:
    if thing is None:
        return "nothing"
    if isinstance(thing, Node):
        if thing.type == "NoneType":
            return "None"
        rest = f" with {thing.rest}" if thing.rest else ""
        return f"a {thing.type} of {thing.size:,}{rest}"
    return thing if isinstance(thing, str) else thing.words


def _object(difference: Difference, _: Sequence[Signature]) -> Cause:
    now, path = difference.now, difference.path
    assert isinstance(now, Leaf)
    if path == "self":
        return Cause(
            "self",
            f"`self` is another object now ({now.value}). It is a static argument, so JAX compiles for each object on "
            "its own, and keeps what the object held then.",
            "Make the object once. Or pass what the method needs as arguments, or register the class as a pytree with "
            "`jax.tree_util.register_dataclass`.",
        )
    return Cause(
        "object",
        f"`{path}` is a static argument and another object now ({now.value}): objects are equal only to themselves "
        "unless their class says otherwise.",
        "Pass the same object each time, or give its class __eq__ and __hash__.",
    )


def _static(difference: Difference, earlier: Sequence[Signature]) -> Cause:
    before, now, path = difference.before, difference.now, difference.path
    assert isinstance(before, Leaf)
    assert isinstance(now, Leaf)
    number = now.kind == before.kind == "number"
    changes = f"`{path}` is a static argument: it is {now.value} now and was {before.value} before"
    if number and _counts(path, now, earlier):
        return Cause(
            "static",
            f"{changes}. It counts, so every call is compiled anew.",
            f"Take `{path}` out of static_argnums, and pass it as an array: `jnp.asarray({path})`.",
        )
    advice = f"Take `{path}` out of static_argnums, if it is no shape and steers no Python `if` or `for`."
    return Cause(
        "static",
        f"{changes}. Each value is compiled on its own.",
        advice if number else f"Keep `{path}` the same, or use few values of it.",
    )


def _counts(path: str, now: Leaf, earlier: Sequence[Signature]) -> bool:
    """Say whether a static number goes on by the same amount at each trace."""
    values = [leaf.value for signature in earlier if (leaf := signature.leaves.get(path)) and leaf.type == "int"]
    numbers = [int(value) for value in [*values, now.value] if re.fullmatch(r"-?\d+", value)][-3:]
    steps = {b - a for a, b in itertools.pairwise(numbers)}
    return now.type == "int" and len(steps) == 1 and steps != {0}


def _shape(difference: Difference, earlier: Sequence[Signature]) -> Cause:
    before, now, path = difference.before, difference.now, difference.path
    assert isinstance(before, Leaf)
    assert isinstance(now, Leaf)
    why = f"`{path}` has another shape: {now.words} now, {before.words} before. Each shape is compiled on its own."
    sizes = [leaf.shape for signature in earlier if (leaf := signature.leaves.get(path))]
    recent = [*sizes[-2:], now.shape]
    if len(recent) == 3 and len({len(shape) for shape in recent}) == 1 and sorted(set(recent)) == recent:
        return Cause(
            "shape",
            f"{why} It grows from call to call.",
            f"Make `{path}` at its full size once and fill it with `.at[i].set(...)`, or loop with `jax.lax.scan`.",
        )
    if len(before.shape) == len(now.shape) and before.shape[1:] == now.shape[1:]:
        return Cause(
            "shape",
            why,
            "Keep the first axis the same: drop the last, smaller batch, or pad it and mask the padding.",
        )
    return Cause("shape", why, "Bring it to one shape: pad it to the largest and mask the padding.")


def _dtype(difference: Difference, _: Sequence[Signature]) -> Cause:
    before, now, path = difference.before, difference.now, difference.path
    assert isinstance(before, Leaf)
    assert isinstance(now, Leaf)
    why = f"`{path}` has another dtype: {_typed(now)} now, {_typed(before)} before."
    if now.kind == before.kind == "number":
        wanted = now if now.type == "float" else before
        written = f"{int(float(_other(wanted, now, before).value))}.0" if wanted.type == "float" else before.value
        return Cause("dtype", why, f"Write the same type of number at every call: {written}.")
    if "numpy" in now.type and now.dtype.endswith("64"):
        return Cause(
            "dtype",
            f"{why} NumPy makes 64-bit numbers unless told otherwise, and JAX keeps them while x64 is on.",
            f"Make it once in the dtype you compute in: `jnp.asarray({path}, jnp.{before.dtype or 'float32'})`.",
        )
    return Cause("dtype", why, f"Give it one dtype: `jnp.asarray({path}, jnp.{before.dtype or 'float32'})`.")


def _other(wanted: Leaf, now: Leaf, before: Leaf) -> Leaf:
    other = before if wanted is now else now
    return other if re.fullmatch(r"-?\d+(\.\d+)?", other.value) else Leaf("number", value="1")


def _typed(leaf: Leaf) -> str:
    if leaf.kind == "number":
        return f"{leaf.words} ({leaf.dtype})"
    return f"{leaf.words} from {leaf.type}" if leaf.type.startswith("numpy") else leaf.words


def _weak(difference: Difference, _: Sequence[Signature]) -> Cause:
    before, now, path = difference.before, difference.now, difference.path
    assert isinstance(before, Leaf)
    assert isinstance(now, Leaf)
    return Cause(
        "weak type",
        f"`{path}` is {_weakly(now)} now and was {_weakly(before)} before. Both are {now.dtype}, but a Python number "
        "takes on the dtype of what it meets (a weak type), so JAX compiles them apart.",
        f"Pass the same kind at every call: `jnp.asarray({path}, jnp.{now.dtype})`.",
    )


def _weakly(leaf: Leaf) -> str:
    if leaf.kind == "number":
        return leaf.words
    if leaf.weak:
        return "an array made of Python numbers"
    return f"a NumPy number ({leaf.type})" if leaf.type.startswith("numpy") and not leaf.shape else "an array"


def _place(difference: Difference, _: Sequence[Signature]) -> Cause:
    return Cause(
        "place",
        f"`{difference.path}` lies on other devices, or is spread over them in another way, than before.",
        "Put it in place once, with `jax.device_put`, before the loop.",
    )
