"""An error told for the person who wrote the function: what happened, at which of their lines."""

from __future__ import annotations

from typing import Any, TypedDict

from explorer.compiler.classic_errors import told
from explorer.compiler.frames import Frame, known_as, of_exception, owner
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
      {"title": what kind of thing happened, "text": sentences, "where": the user's line or None, "detail":
      the error as Python would print it}.
    """
    title, text = told(error)
    place = _user_place(error) or _definition(fn)
    detail = f"{type(error).__name__}: {error}".strip()
    return Problem(title=title, text=text, where=_where(place), detail=detail)


def _user_place(error: BaseException) -> Frame | None:
    return next((frame for frame in of_exception(error) if owner(frame.file) == "user"), None)


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
    return f"{known_as(place.file)}, line {place.line}" + (f": {text}" if text else "")
