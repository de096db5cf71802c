"""What is told of the operation that made the first bad numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax.numpy as jnp
import numpy as np

from explorer.compiler.frames import Frame, known_as
from explorer.compiler.remedy import remedy
from explorer.compiler.spans import code_points, source_lines
from explorer.compiler.why import why

EXAMPLES = 5  # bad values that are listed

Direction = Literal["forward", "backward", "input"]


class Range(NamedTuple):
    """The shape of an operation's input, and its least and greatest finite value (NaN if none)."""

    shape: tuple[int, ...]
    low: float
    high: float


class Example(NamedTuple):
    """One bad value: where it is in the output, what it is, and the inputs it came from where they line up."""

    at: tuple[int, ...]
    value: float
    inputs: tuple[float | None, ...]


@dataclass(frozen=True)
class BadOperation:
    """The operation that made the first numbers that are not finite and that reach an output.

    Args:
      primitive: JAX's name of the operation, such as "log"; for a bad input the name of the argument.
      direction: "forward", "backward" (part of a gradient), or "input" where an argument was bad to begin
        with.
      nans, infinities: how many of its values are NaN, and how many infinite.
      shape, dtype: of its first bad output.
      inputs: its floating point inputs.
      loops: the loops around it, the outermost first, such as "iteration 3 of 10 of a scan".
      file, line, column: the user's place, line from 1 and column from 0 in code points; None, 0, 0 if
        there is none.
      text: that line of the user's code, stripped; "" if it cannot be read.
      why: one sentence on how these inputs come to this, or "".
      end_line, end_column: where the expression ends, counted as its start.
      inside: the library's place or function that the user's line called, in words; "" if it is the line's own.
      examples: some of the bad values, with the inputs beside them.
      instead: what to write instead, or "".
    """

    primitive: str
    direction: Direction
    nans: int
    infinities: int
    shape: tuple[int, ...]
    dtype: str
    inputs: tuple[Range, ...] = ()
    loops: tuple[str, ...] = ()
    file: str | None = None
    line: int = 0
    column: int = 0
    text: str = ""
    why: str = ""
    end_line: int = 0
    end_column: int = 0
    inside: str = ""
    examples: tuple[Example, ...] = ()
    instead: str = ""

    @property
    def count(self) -> int:
        """How many values are not finite."""
        return self.nans + self.infinities

    @property
    def where(self) -> str | None:
        """The user's line in words; None if there is none."""
        if self.file is None:
            return None
        return f"{known_as(self.file)}, line {self.line}" + (f": {self.text}" if self.text else "")

    def sentence(self) -> str:
        """Return in plain words what was made, from what, and at which of the user's lines."""
        size = int(np.prod(self.shape, dtype=np.int64))
        many = "its value" if size == 1 else f"{self.count:,} of {size:,} values"
        verb = "is" if self.count == 1 else "are"
        kinds = " or ".join(kind for kind, n in (("NaN", self.nans), ("infinite", self.infinities)) if n)
        if self.direction == "input":
            return f"The argument {self.primitive} was not finite to begin with: {many} {verb} {kinds}."
        loops = "".join(f", in {loop}" for loop in reversed(self.loops))
        ranges = " and ".join(dict.fromkeys(_words(r) for r in self.inputs if not np.isnan(r.low)))
        given = f", from {ranges}" if ranges else ""
        reason = f": {self.why}" if self.why else ""
        made = f"The first is `{self.primitive}` in the {self.direction} pass{loops}"
        told = f"{made}: {many} {verb} {kinds}{given}{reason}."
        if self.where is None:
            return told
        place = "It is a part of the gradient of" if self.direction == "backward" else "It is made at"
        return f"{told} {place} {self.where}"


def _words(inputs: Range) -> str:
    return f"{inputs.low:.4g}" if inputs.low == inputs.high else f"{inputs.low:.4g} to {inputs.high:.4g}"


def numbers(array: Any) -> np.ndarray | None:
    """Return an array of inexact numbers as NumPy has it; None for integers, booleans and keys."""
    dtype = getattr(array, "dtype", np.result_type(type(array)) if isinstance(array, float | complex) else None)
    if dtype is None or not jnp.issubdtype(dtype, jnp.inexact):
        return None
    return np.asarray(array)


def describe(
    primitive: str,
    direction: Direction,
    arrays: Sequence[Any],
    output: Any,
    frame: Frame | None,
    loops: tuple[str, ...],
    inside: str = "",
) -> BadOperation:
    """Return what is told of an operation, from the arrays it took and its first bad output."""
    inputs = [found for array in arrays if (found := numbers(array)) is not None]
    values = np.asarray(output)
    nans = int(np.isnan(values).sum())
    line = _line_of(frame, frame.line) if frame else ""
    last = _line_of(frame, frame.end_line) if frame else ""
    column, end_column = (code_points(line, frame.column), code_points(last, frame.end_column)) if frame else (0, 0)
    code = line[column:end_column] if frame and frame.line == frame.end_line else line
    reason = why(primitive, inputs, values)
    return BadOperation(
        primitive,
        direction,
        nans,
        int((~np.isfinite(values)).sum()) - nans,
        values.shape,
        values.dtype.name,
        tuple(_range(array) for array in inputs),
        loops,
        frame.file if frame else None,
        frame.line if frame else 0,
        column,
        line.strip(),
        reason,
        frame.end_line if frame else 0,
        end_column,
        inside,
        _examples(inputs, values),
        remedy(primitive, direction, reason, values.dtype.name, code),
    )


def _examples(inputs: Sequence[np.ndarray], values: np.ndarray) -> tuple[Example, ...]:
    found = []
    for index in np.argwhere(~np.isfinite(values))[:EXAMPLES]:
        at = tuple(int(i) for i in index)
        beside = tuple(
            float(np.abs(each[at]) if np.iscomplexobj(each) else each[at])
            if each.shape == values.shape
            else float(np.abs(each).item() if np.iscomplexobj(each) else each.item())
            if each.size == 1
            else None
            for each in inputs
        )
        value = values[at]
        found.append(Example(at, float(np.abs(value) if np.iscomplexobj(value) else value), beside))
    return tuple(found)


def _range(values: np.ndarray) -> Range:
    finite = values[np.isfinite(values)]
    if np.iscomplexobj(finite):
        finite = np.abs(finite)
    if not finite.size:
        return Range(values.shape, float("nan"), float("nan"))
    return Range(values.shape, float(finite.min()), float(finite.max()))


def _line_of(frame: Frame, number: int) -> str:
    lines = source_lines(frame.file)
    return lines[number - 1] if 0 < number <= len(lines) else ""
