"""Why a function was traced or compiled again, and what to change, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from explorer.compiler.frames import Frame
from explorer.compiler.watch.difference import differences, static_numbers
from explorer.compiler.watch.explained import explained, was_seen
from explorer.compiler.watch.seen import Function, change
from explorer.compiler.watch.signature import Signature
from explorer.compiler.watch.telling import Cause, told


class Call(NamedTuple):
    """A function, what it was called with, and the line that called it."""

    function: Function
    signature: Signature
    place: Frame | None


FIRST = Cause("first", "The first call: JAX runs the Python function once to record it, and XLA compiles it.")
UNKNOWN = Cause("unknown", "It was compiled, and this version of JAX does not let us see with which arguments.")
BEFORE = Cause(
    "before",
    "It was traced before this watch began, with other arguments, other static values or under other settings.",
    "Watch from the start of the program, to see what differs.",
)
TRANSFORMED = Cause(
    "transformed",
    "It is called under `jax.vmap`, `jax.grad` or another transformation here: what that makes of it is a program of "
    "its own.",
)
LATER = Cause("unknown", "It was traced before, and is compiled only now.")


def cause_of(now: Call, earlier: Sequence[Call], explanation: str | None = None) -> Cause:
    """Return why a function was traced.

    Args:
      now: the call that made JAX trace.
      earlier: the calls that made it trace the same lines before, the oldest first.
      explanation: JAX's own, for a function that it has traced while nobody watched.
    """
    same = [call for call in earlier if change(call.function, now.function) == "same"]
    if not same and was_seen(explanation):
        return told(explained(explanation or ""), ()) if explained(explanation or "") else BEFORE
    if not earlier:
        return FIRST
    nearest = min(reversed(earlier), key=lambda call: _distance(call, now))
    new = change(nearest.function, now.function)
    if new not in ("same", "self") and all(call.place != now.place for call in earlier):
        return FIRST  # two functions made by the same lines and used at two places may well differ
    if new != "same":
        return _function(new, now)
    found = differences(nearest.signature, now.signature)
    if not found:
        found = static_numbers(nearest.signature, now.signature) if now.signature.static is None else []
    if not found:
        return Cause(
            "again",
            "It was traced before with arguments like these. JAX had dropped that trace: its caches were cleared, "
            "or it was jitted anew with other options.",
            "Do not call `jax.clear_caches()` in between, and jit the function once.",
        )
    return told(found, [call.signature for call in earlier])


def _distance(before: Call, now: Call) -> tuple[int, int]:
    other = change(before.function, now.function) != "same"
    return int(other), len(differences(before.signature, now.signature))


def _function(new: str, now: Call) -> Cause:
    name, line = now.function.name, now.function.line
    if new == "self":
        thing = now.function.of() if now.function.of else None
        kind = f" ({type(thing).__name__})"
        return Cause(
            "self",
            f"`{name}` is now the method of another object{kind}: jax.jit keeps its work for one object only.",
            "Make the object once. Or jit a function that takes its arrays as arguments, or register its class as "
            "a pytree with `jax.tree_util.register_dataclass`.",
        )
    if new == "partial":
        return Cause(
            "made anew",
            f"`functools.partial` makes a new object around `{name}` each time, and to JAX each one is a new function.",
            "Make the partial once, before the loop, and jit it once.",
        )
    if new == "wrapped":
        return Cause(
            "jit anew",
            f"A new wrapper is made around `{name}` each time, as `jax.grad`, `jax.vmap` and their like return it, and "
            "to JAX each one is a new function: jit is called inside a loop.",
            f"Write `step = jax.jit(...)` around `{name}` once, before the loop, and call `step` inside it.",
        )
    if name == "<lambda>":
        return Cause(
            "made anew",
            f"The lambda in line {line} is a new function object each time the line runs, and JAX keeps its work by "
            "the function object.",
            "Define it once with `def`, before the loop, and jit it once.",
        )
    return Cause(
        "made anew",
        f"The def of `{name}` in line {line} ran again and made a new function object: in a loop, in a function that "
        "is called again, or because its cell was run again. JAX keeps its work by the function object.",
        f"Define and jit `{name}` once, outside the loop or the function.",
    )
