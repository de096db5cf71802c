"""One trace or compile of a function: where it was asked for, what it cost, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from explorer.compiler.frames import Frame, known_as
from explorer.compiler.spans import code_points, source_lines
from explorer.compiler.watch.cause import Cause


@dataclass(frozen=True)
class Site:
    """The place in the program that called a function.

    Args:
      file: as Python names it; "" where no line outside JAX was on the stack.
      line, column, end_line, end_column: lines from 1, columns from 0 in code points.
      text: that line, stripped; "" if it cannot be read.
      indent: how many code points were stripped before it.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    indent: int = 0

    @property
    def words(self) -> str:
        """The place as people say it, such as "train.py, line 12"."""
        return f"{known_as(self.file)}, line {self.line:,}" if self.file else "inside JAX"


def site_of(frame: Frame | None) -> Site:
    """Return a frame as a place with its line of code as it is now."""
    if frame is None:
        return Site("", 0, 0, 0, 0, "")
    lines = source_lines(frame.file)
    first, last = (lines[n - 1] if 0 < n <= len(lines) else "" for n in (frame.line, frame.end_line))
    start, end = code_points(first, frame.column), code_points(last, frame.end_column)
    return Site(frame.file, frame.line, start, frame.end_line, end, first.strip(), len(first) - len(first.lstrip()))


@dataclass(frozen=True)
class Event:
    """One function traced, and compiled where it came to that.

    Args:
      function: its name.
      definition: where it is defined, in words; "" for what has no Python code.
      own: whether it is one of JAX's own helpers, such as the program behind jnp.ones outside of jit.
      site: the line that called it.
      arguments: what it was called with, in words; "" where that cannot be seen.
      cause: why.
      trace_ms, lower_ms, compile_ms: milliseconds; None for a step that was not done.
      compiles: how many programs were compiled for this call.
      seconds: after the watch began.
    """

    function: str
    definition: str
    own: bool
    site: Site
    arguments: str
    cause: Cause
    trace_ms: float | None = None
    lower_ms: float | None = None
    compile_ms: float | None = None
    compiles: int = 0
    seconds: float = 0.0

    @property
    def cost_ms(self) -> float:
        """Milliseconds to trace, lower and compile together."""
        return sum(ms or 0.0 for ms in (self.trace_ms, self.lower_ms, self.compile_ms))

    def after(self, step: Literal["trace", "lower", "compile"], milliseconds: float) -> Event:
        """Return the event with one more step done."""
        if step == "trace":
            return replace(self, trace_ms=(self.trace_ms or 0.0) + milliseconds)
        if step == "lower":
            return replace(self, lower_ms=(self.lower_ms or 0.0) + milliseconds)
        return replace(self, compile_ms=(self.compile_ms or 0.0) + milliseconds, compiles=self.compiles + 1)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        site = self.site
        return {
            "function": self.function,
            "definition": self.definition,
            "own": self.own,
            "site": {
                "file": site.file,
                "title": site.words,
                "line": site.line,
                "column": site.column,
                "end_line": site.end_line,
                "end_column": site.end_column,
                "text": site.text,
                "indent": site.indent,
            },
            "arguments": self.arguments,
            "cause": {**self.cause._asdict(), "avoidable": self.cause.avoidable},
            "trace_ms": self.trace_ms,
            "lower_ms": self.lower_ms,
            "compile_ms": self.compile_ms,
            "cost_ms": self.cost_ms,
            "compiles": self.compiles,
            "seconds": self.seconds,
        }
