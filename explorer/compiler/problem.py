"""An error told for the person who wrote the function: what happened, at which of their lines."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable
from typing import Any, TypedDict

import jax

from explorer.compiler.frames import Frame, of_exception, owner
from explorer.compiler.spans import source_lines


class Problem(TypedDict):
    """What went wrong: a title, sentences, the person's line and the error as Python prints it."""

    title: str
    text: str
    where: str | None
    detail: str | None


def problem_of(error: BaseException, fn: Any = None) -> Problem:
    """Tell an error in plain words.

    Args:
      error: what a function raised while it was traced, lowered, compiled or run.
      fn: that function; its own line is named where the traceback holds none of the user's.

    Returns:
      {"title": what kind of thing happened, "text": sentences, "where": the user's line or None, "detail": the error
      as Python would print it}.
    """
    title, text = _told(error)
    place = _user_place(error) or _definition(fn)
    return Problem(
        title=title, text=text, where=_where(place), detail=f"{type(error).__name__}: {error}".strip()
    )


def first_sentence(text: str) -> str:
    """Return the first line of a text, and no more than a sentence's length of it."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= 300 else f"{line[:299]}…"


def _told(error: BaseException) -> tuple[str, str]:
    for kind, title, text in _CLASSIC:
        if isinstance(error, kind):
            return title, text
    for kind, pattern, title, text in _WORDED:
        found = re.search(pattern, str(error)) if isinstance(error, kind) else None
        if found:
            return title, text(found)
    return f"The function raised {type(error).__name__}", first_sentence(str(error)) or "It gave no message."


_CLASSIC: tuple[tuple[type[BaseException], str, str], ...] = (
    (
        jax.errors.TracerBoolConversionError,
        "Python has to choose, and the value is not known yet",
        "An `if`, `while`, `and`, `or` or `not` asks whether a traced value is true. While JAX traces, the value "
        "stands for every possible input. Write `jnp.where(condition, a, b)` or `jax.lax.cond`, or pass the value "
        "as a static argument.",
    ),
    (
        jax.errors.TracerIntegerConversionError,
        "Python needs a whole number, and the value is not known yet",
        "A traced value is used where Python needs a plain integer, such as an index into a list or a size. Use a "
        "`jnp` array and index that, or pass the value as a static argument.",
    ),
    (
        jax.errors.TracerArrayConversionError,
        "NumPy was given a traced value",
        "A NumPy function needs the numbers themselves, and while JAX traces there are none yet. Use the function "
        "of the same name in `jax.numpy`.",
    ),
    (
        jax.errors.NonConcreteBooleanIndexError,
        "The size of the result depends on the values",
        "A boolean mask picks as many elements as are true, which is not known while JAX traces. Use the form with "
        "three arguments, `jnp.where(mask, x, 0)`, or give a `size=`.",
    ),
    (
        jax.errors.ConcretizationTypeError,
        "A value is needed before it is known",
        "Something asks for the number behind a traced value, as `float()`, `int()`, `range` or a shape do. Keep "
        "to `jax.numpy` for what depends on the inputs, or pass the value as a static argument.",
    ),
    (
        jax.errors.UnexpectedTracerError,
        "A traced value has leaked out of its function",
        "A value made while JAX traced one function is used in another: it was kept in a global, an attribute or a "
        "list. Return it from the function instead.",
    ),
)

_WORDED: tuple[tuple[type[BaseException], str, str, Callable[[re.Match[str]], str]], ...] = (
    (
        AttributeError,
        r"module '(jax[\w.]*)' has no attribute '(\w+)'",
        "There is no such name",
        lambda m: f"`{m[1]}` has no `{m[2]}`.{_suggestion(m[2])}",
    ),
    (
        TypeError,
        r"(dot_general requires|contracting dimensions|incompatible shapes|must have (the )?same shape|same number of "
        r"dimensions|Cannot concatenate|shapes must be equal|got shapes)",
        "The shapes do not fit together",
        lambda m: f"{_message(m)} Print `x.shape` of both before this line: shapes are known while JAX traces.",
    ),
    (
        ValueError,
        r"([Ii]ncompatible shapes|cannot reshape|must have (the )?same|got shapes)",
        "The shapes do not fit together",
        lambda m: f"{_message(m)} Print `x.shape` of both before this line: shapes are known while JAX traces.",
    ),
    (
        TypeError,
        r"not a valid JAX type|Cannot interpret value of type|unexpected JAX type",
        "An argument is not an array",
        lambda m: f"{_message(m)} Pass it as a static argument, or bind it with `functools.partial`.",
    ),
)


def _message(found: re.Match[str]) -> str:
    sentence = first_sentence(found.string)
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _suggestion(name: str) -> str:
    """Return where a name that people look for in the wrong place is; "" where it is nowhere."""
    homes = {
        "jax.nn": jax.nn,
        "jax.numpy": jax.numpy,
        "jax.lax": jax.lax,
        "jax.random": jax.random,
        "jax.tree": jax.tree,
        "jax": jax,
    }
    for home, module in homes.items():
        if hasattr(module, name):
            return f" It is `{home}.{name}`."
    return " It is Python's own." if hasattr(builtins, name) else ""


def _user_place(error: BaseException) -> Frame | None:
    frames = list(of_exception(error))
    for whose in ("user", "library"):
        for frame in frames:
            if owner(frame.file) == whose:
                return frame
    return None


def _definition(fn: Any) -> Frame | None:
    while hasattr(fn, "__wrapped__") or hasattr(fn, "func"):
        fn = fn.__wrapped__ if hasattr(fn, "__wrapped__") else fn.func
    code = getattr(getattr(fn, "__func__", fn), "__code__", None)
    if code is None:
        return None
    return Frame(code.co_filename, code.co_firstlineno, 0, code.co_firstlineno, 0)


def _where(place: Frame | None) -> str | None:
    if place is None:
        return None
    lines = source_lines(place.file)
    text = lines[place.line - 1].strip() if 0 < place.line <= len(lines) else ""
    return f"{place.file}, line {place.line}" + (f": {text}" if text else "")
