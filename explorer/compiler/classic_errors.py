"""JAX's classic errors in a plain sentence each, with what to write instead."""

from __future__ import annotations

import builtins
import re
from typing import NamedTuple

import jax

LONGEST = 300  # characters of a message that fit beside a field


class Told(NamedTuple):
    """An error in plain words: a title, and sentences on what happened and what to do."""

    title: str
    text: str


_BY_TYPE: dict[type[BaseException], Told] = {  # the more special first
    jax.errors.TracerBoolConversionError: Told(
        "Python has to choose, and the value is not known yet",
        "An `if`, `while`, `and`, `or` or `not` asks whether a traced value is true. While JAX traces, "
        "the value stands for every possible input. Write `jnp.where(condition, a, b)` or `jax.lax.cond`, "
        "or pass the value as a static argument.",
    ),
    jax.errors.TracerIntegerConversionError: Told(
        "Python needs a whole number, and the value is not known yet",
        "A traced value is used where Python needs a plain integer, such as an index into a list or a "
        "size. Make the list a `jnp` array and index that, or pass the value as a static argument.",
    ),
    jax.errors.TracerArrayConversionError: Told(
        "NumPy was given a traced value",
        "A NumPy function needs the numbers themselves, and while JAX traces there are none yet. Use the "
        "function of the same name in `jax.numpy`.",
    ),
    jax.errors.NonConcreteBooleanIndexError: Told(
        "The size of the result depends on the values",
        "A boolean mask picks as many elements as are true, which is not known while JAX traces. Use the "
        "form with three arguments, `jnp.where(mask, x, 0)`, or give a `size=`.",
    ),
    jax.errors.ConcretizationTypeError: Told(
        "A value is needed before it is known",
        "Something asks for the number behind a traced value, as `float()`, `int()`, `range` or a shape do. "
        "Keep to `jax.numpy` for what depends on the inputs, or pass the value as a static argument.",
    ),
    jax.errors.UnexpectedTracerError: Told(
        "A traced value has leaked out of its function",
        "A value made while JAX traced one function is used in another: it was kept in a global, an "
        "attribute or a list. Return it from the function instead.",
    ),
}

_MISSING = re.compile(r"module '(jax[\w.]*)' has no attribute '(\w+)'")
_SHAPES = re.compile(
    r"dot_general requires|contracting dimensions|[Ii]ncompatible shapes|must have (the )?same|cannot reshape"
    r"|same number of dimensions|Cannot concatenate|shapes must be equal|got shapes"
)
_NOT_AN_ARRAY = re.compile(r"not a valid JAX (array )?type|Cannot interpret value of type|non-array argument")


def told(error: BaseException) -> Told:
    """Return an error in plain words; its own first line where it is none of the classic ones."""
    for kind, plain in _BY_TYPE.items():
        if isinstance(error, kind):
            return plain
    message = str(error)
    missing = _MISSING.search(message)
    if missing and isinstance(error, AttributeError):
        return Told("There is no such name", f"`{missing[1]}` has no `{missing[2]}`.{_home(missing[2])}")
    if isinstance(error, TypeError | ValueError):
        if _SHAPES.search(message):
            advice = "Print `x.shape` of both before this line: shapes are known while JAX traces."
            return Told("The shapes do not fit together", f"{_sentence(message)} {advice}")
        if _NOT_AN_ARRAY.search(message):
            advice = "Pass it as a static argument, or bind it with `functools.partial`."
            return Told("An argument is not an array", f"{_sentence(message)} {advice}")
    return Told(f"It raised {type(error).__name__}", first_line(message) or "It gave no message.")


def first_line(text: str) -> str:
    """Return the first line of a text that is not empty, cut at `LONGEST` characters."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _sentence(message: str) -> str:
    line = first_line(message)
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _home(name: str) -> str:
    """Return a sentence on where a name is that people look for elsewhere; "" where it is nowhere."""
    homes = {
        "jax.numpy": jax.numpy,
        "jax.nn": jax.nn,
        "jax.lax": jax.lax,
        "jax.random": jax.random,
        "jax.tree": jax.tree,
        "jax": jax,
    }
    for home, module in homes.items():
        if hasattr(module, name):
            return f" It is `{home}.{name}`."
    return " It is Python's own." if hasattr(builtins, name) else ""
