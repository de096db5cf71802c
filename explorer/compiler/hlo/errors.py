"""What the reader says of a text that is not HLO."""

from __future__ import annotations

from explorer.errors import ExplorerError


class HloSyntaxError(ExplorerError, ValueError):
    """HLO text that cannot be read.

    Args:
      problem: one sentence without its full stop on what was found and what belongs there.
      line: the line of the text, from 1.
    """

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(f"HLO, line {line:,}: {problem}.")
        self.problem, self.line = problem, line
