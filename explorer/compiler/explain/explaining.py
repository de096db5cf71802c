"""`explorer.explain`: run a program up to its first fault, and name it at its line with what to write instead."""

from __future__ import annotations

import inspect
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from explorer.compiler.excerpt import Place
from explorer.compiler.explain.explanation import Explanation
from explorer.compiler.explain.fault import Fault
from explorer.compiler.explain.running import Ran, register, run
from explorer.compiler.explain.silent import silent_faults
from explorer.compiler.mistakes.told import first_line
from explorer.compiler.problem import problem_of
from explorer.compiler.spans import source_lines
from explorer.errors import FieldError

SECONDS = 10.0


def explain(
    program: str | os.PathLike[str] | Callable[..., Any], /, *args: Any, seconds: float = SECONDS
) -> Explanation:
    """Run a program up to its first fault, and say at its line what is wrong and what to write instead.

        explorer.explain('''
        import jax.numpy as jnp
        print(jnp.relu(jnp.ones(3)))
        ''')
        explorer.explain("train.py")
        explorer.explain(train, params, batch)

    The program runs here, in a namespace of its own and in a thread of its own: it can do what your own code can. It
    is also looked through for faults that raise nothing: parameters set back inside the loop, targets used in the
    prediction, an optimizer whose state is lost, random numbers with no key, weights with no scale, side effects.

    Args:
      program: the text of a program, the path of one (ending in .py), or a function.
      *args: the function's arguments.
      seconds: how long it may run; a loop is stopped then, and that is said.

    Returns:
      An Explanation, which shows itself: the program with its faults marked; `.fault`, `.faults`, `.sentence`.

    Raises:
      FieldError: there is no such file, or the time is not above 0.
    """
    if not seconds > 0:
        raise FieldError("seconds", f"must be above 0; you gave {seconds!r}.", "")
    if callable(program):
        return _function(program, args, seconds)
    if args:
        raise FieldError("args", "only a function takes arguments.", "Put them into the program.")
    source, file = _source(program)
    try:
        code = compile(source, file, "exec")
    except SyntaxError as error:
        return _unreadable(error, source, file, seconds)
    ran = run(lambda namespace: exec(code, namespace), seconds, file)
    return _explanation(ran, source, file, silent_faults(source, file), seconds)


def _source(program: str | os.PathLike[str]) -> tuple[str, str]:
    text = os.fspath(program)
    if isinstance(program, os.PathLike) or ("\n" not in text and text.strip().endswith(".py")):
        path = Path(text.strip())
        if not path.is_file():
            raise FieldError("program", f"there is no file '{path}'.", "Give the text of a program, or a path of one.")
        return path.read_text(encoding="utf-8"), str(path.resolve())
    return text, register(text)


def _function(fn: Callable[..., Any], args: tuple[Any, ...], seconds: float) -> Explanation:
    inner = inspect.unwrap(getattr(fn, "func", fn))
    try:
        lines, first = inspect.getsourcelines(inner)
        file = inspect.getsourcefile(inner) or "<function>"
    except (OSError, TypeError):
        lines, first, file = [], 1, "<function>"
    ran = run(lambda _: fn(*args), seconds, file)
    indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    body = "\n" * (first - 1) + "".join(
        line[indent:] if line[:indent].isspace() or not indent else line for line in lines
    )
    silent = [Fault(f.kind, f.title, f.what, f.instead, _shifted(f.place, indent)) for f in silent_faults(body, file)]
    return _explanation(ran, "".join(source_lines(file)), file, silent, seconds)


def _shifted(place: Place, indent: int) -> Place:
    return place._replace(column=place.column + indent, end_column=place.end_column + indent)


def _explanation(ran: Ran, source: str, file: str, silent: list[Fault], limit: float) -> Explanation:
    faults = list(silent)
    if ran.error is not None:
        raised = _raised(ran.error, file)
        # What is raised is told by it, at its line: a check that looks at the same line has no more to say.
        faults = [raised, *(f for f in silent if not (f.line == raised.line and f.title == raised.title))]
        faults = [raised, *(f for f in faults[1:] if not (f.kind == "no key" and f.line == raised.line))]
    ended = "raised" if ran.error is not None else "finished" if ran.stopped is None else "stopped"
    return Explanation(
        file,
        tuple(faults),
        ended,
        ran.stopped or 0,
        limit,
        ran.seconds,
        ran.output,
        ran.gave_up,
        tuple(source.splitlines(keepends=True)),
        ran.namespace,
    )


def _raised(error: BaseException, file: str) -> Fault:
    problem = problem_of(error)
    place = problem["place"]
    where = Place(**place) if place is not None and place["file"] == file else _innermost(error, file)
    return Fault("raised", problem["title"], problem["what"], problem["instead"], where, problem["detail"] or "")


def _innermost(error: BaseException, file: str) -> Place:
    """Return the program's own line that an error passed, where the error is in a module it calls."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    if not frames:
        return Place(file, 1, 0, 1, 0)
    last = frames[-1]
    line = last.lineno or 1
    return Place(file, line, last.colno or 0, last.end_lineno or line, last.end_colno or 0)


def _unreadable(error: SyntaxError, source: str, file: str, limit: float) -> Explanation:
    line = min(max(error.lineno or 1, 1), max(len(source.splitlines()), 1))
    column = max((error.offset or 1) - 1, 0)
    end = max((error.end_offset or 0) - 1, column + 1)
    place = Place(file, line, column, error.end_lineno or line, end)
    fault = Fault(
        "raised",
        "This is not Python yet",
        f"Python cannot read the line: {first_line(error.msg)}.",
        "Look for a bracket, a quote or a colon that is missing here or in the line before.",
        place,
        f"SyntaxError: {error.msg}",
    )
    return Explanation(file, (fault,), "not run", 0, limit, 0.0, "", False, tuple(source.splitlines(keepends=True)))
