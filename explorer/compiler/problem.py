"""An error told for the person who wrote the function: what happened, at which of their lines, and what to write."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypedDict

from explorer.compiler.classic_errors import told
from explorer.compiler.excerpt import Place
from explorer.compiler.frames import Frame, known_as
from explorer.compiler.mistakes.arguments import ellipsis_at
from explorer.compiler.mistakes.scene import Scene, scene_of
from explorer.compiler.spans import code_points, source_lines
from explorer.errors import ExplorerError


class Problem(TypedDict):
    """What went wrong.

    title: what kind of thing happened. text: sentences on what happened and what to do, of which `what` and `instead`
    are the two halves. where: the person's line in words, or None. place: the expression in it, {"file", "line",
    "column", "end_line", "end_column"}, lines from 1 and columns from 0 in code points, or None. detail: the error as
    Python prints it.
    """

    title: str
    text: str
    what: str
    instead: str
    where: str | None
    place: dict[str, Any] | None
    detail: str | None


def problem_of(error: BaseException, fn: Any = None) -> Problem:
    """Tell an error in plain words.

    Args:
      error: what a function raised while it was traced, lowered, compiled or run.
      fn: that function; its own line is named where the traceback holds none of the user's.
    """
    scene = scene_of(error)
    plain = told(error, scene)
    frame = _fault(error, scene) if scene else _definition(fn)
    return Problem(
        title=plain.title,
        text=plain.text,
        what=plain.what,
        instead=plain.instead,
        where=_where(frame),
        place=None if frame is None else place_of(frame)._asdict(),
        detail=f"{type(error).__name__}: {error}".strip(),
    )


@contextmanager
def noted(fn: Any = None) -> Iterator[None]:
    """Let an error of the code inside go on as it is, with a note in plain words (PEP 678), once."""
    try:
        yield
    except ExplorerError:
        raise
    except Exception as error:
        if not any(note.startswith(_SIGNATURE) for note in getattr(error, "__notes__", ())):
            error.add_note(note_of(problem_of(error, fn)))
        raise


_SIGNATURE = "JAX Explorer: "


def note_of(problem: Problem) -> str:
    """Return a problem as the note that stands under a traceback."""
    where = f"\n  at {problem['where']}" if problem["where"] else ""
    instead = f"\n  Instead: {problem['instead']}" if problem["instead"] else ""
    return f"{_SIGNATURE}{problem['title']}. {problem['what']}{where}{instead}"


def place_of(frame: Frame) -> Place:
    """Return a frame as a place whose columns count code points."""
    lines = source_lines(frame.file)
    first, last = (lines[n - 1] if 0 < n <= len(lines) else "" for n in (frame.line, frame.end_line))
    start, end = code_points(first, frame.column), code_points(last, frame.end_column)
    return Place(frame.file, frame.line, start, frame.end_line, end)


def _fault(error: BaseException, scene: Scene) -> Frame:
    """Return the place that is at fault: where `...` was assigned and not where it was used, else where it raised."""
    node = ellipsis_at(scene) if "ellipsis" in str(error).lower() else None
    if isinstance(node, ast.stmt | ast.expr):
        return scene.frame._replace(
            line=node.lineno,
            column=node.col_offset,
            end_line=node.end_lineno or node.lineno,
            end_column=node.end_col_offset or node.col_offset,
        )
    return scene.frame


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
