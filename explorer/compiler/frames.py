"""Whose code a stack frame is, and which frame of a stack an operation is traced back to.

An operation is shown at one place: the innermost frame of the user's own code. Outer frames (the line of the
training step that called the model that called the layer) are not kept: with them every operation would be a
relative of the step's line, and a hover would light the whole program. An operation that no user line made,
such as an optimizer update inside a train step of ours, is shown at the innermost line outside JAX instead.
"""

from __future__ import annotations

import itertools
import os
import re
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from types import CodeType, FrameType
from typing import Literal, NamedTuple

import jax
import jaxlib

import explorer

Owner = Literal["user", "library", "hidden"]
DETAILS = 3  # places in libraries that are kept for one line of the user's

_EXPLORER = os.path.join(os.path.dirname(str(explorer.__file__)), "")
_MODELS = os.path.join(_EXPLORER, "catalog", "models", "")
COMPILER = os.path.join(os.path.dirname(__file__), "")
_RUNS_PROGRAMS = os.path.join(COMPILER, "explain", "")
_JAX = tuple(os.path.join(os.path.dirname(str(module.__file__)), "") for module in (jax, jaxlib))
_NUMERICS = tuple(os.path.join(_JAX[0], "_src", part, "") for part in ("nn", "scipy", "image"))
_STANDARD_LIBRARY = os.path.join(sysconfig.get_path("stdlib"), "")
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_CELL = re.compile(r"[/\\]ipykernel_\d+[/\\]\d+\.py$|^<ipython-input-")


class Frame(NamedTuple):
    """A place in a source file: lines from 1, columns from 0 in UTF-8 bytes, as Python records them."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@cache
def owner(file: str) -> Owner:
    """Say whose code a file holds: the user's, a library's, or hidden (JAX, the standard library, this room).

    The catalog's models count as the user's code: their lines are what the explorer shows.
    """
    if file.startswith(_MODELS):
        return "user"
    if file.startswith((*_JAX, COMPILER, "<frozen ")):
        return "hidden"
    if file.startswith(_EXPLORER) or any(part in file for part in _INSTALLED):
        return "library"
    return "hidden" if file.startswith(_STANDARD_LIBRARY) else "user"


def is_explorer(file: str) -> bool:
    """Say whether a file is the explorer's own, the catalog's models apart."""
    return file.startswith(_EXPLORER) and not file.startswith(_MODELS)


@cache
def is_looking(file: str) -> bool:
    """Say whether a file's code traces and compiles the user's functions to look at them, and not to run them."""
    return file.startswith(COMPILER) and not file.startswith(_RUNS_PROGRAMS)


def known_as(file: str) -> str:
    """Return what people call a file: a notebook cell, or a path from where they are or from where it is installed."""
    if _CELL.search(file):
        return "your notebook cell"
    for part in _INSTALLED:
        if part in file:
            return file.rpartition(part)[2]
    for start in (os.path.join(os.getcwd(), ""), os.path.dirname(os.path.dirname(_EXPLORER)) + os.sep):
        if file.startswith(start):
            return file.removeprefix(start)
    return file


def choose(frames: Iterable[Frame]) -> Frame | None:
    """Return the frame to show, from a stack with the innermost frame first; None where all are hidden."""
    return chosen(frames)[0]


def chosen(frames: Iterable[Frame]) -> tuple[Frame | None, tuple[Frame, ...]]:
    """Return the frame to show, and the innermost places in libraries that it called on the way.

    Args:
      frames: a stack, the innermost frame first.
    """
    library: list[Frame] = []
    for frame in frames:
        whose = owner(frame.file)
        if whose == "user":
            return frame, tuple(library[:DETAILS])
        if whose == "library" or opened(frame.file):
            library.append(frame)
    shown = next((frame for frame in library if owner(frame.file) == "library"), None)
    return shown, tuple(frame for frame in library[:DETAILS] if frame != shown)


@cache
def opened(file: str) -> bool:
    """Say whether a file is one of JAX's that people read to see what a function of it does."""
    return file.startswith(_NUMERICS)


def frame_at(code: CodeType, instruction: int) -> Frame:
    """Return the place of the instruction at byte offset `instruction` of `code`."""
    line, end_line, column, end_column = next(
        itertools.islice(code.co_positions(), max(instruction, 0) // 2, None), (None, None, None, None)
    )
    line = line or code.co_firstlineno
    return Frame(code.co_filename, line, column or 0, end_line or line, end_column or column or 0)


def callers(frame: FrameType | None) -> frozenset[Frame]:
    """Return the places that are being executed from `frame` outwards.

    They are in the stack of every operation traced below, and none of them made it.
    """
    found = set()
    while frame is not None:
        if owner(frame.f_code.co_filename) != "hidden":
            found.add(frame_at(frame.f_code, frame.f_lasti))
        frame = frame.f_back
    return frozenset(found)


def of_exception(error: BaseException) -> Iterator[Frame]:
    """Yield the places of an exception's traceback, the innermost first."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append(frame_at(trace.tb_frame.f_code, trace.tb_lasti))
        trace = trace.tb_next
    yield from reversed(places)
