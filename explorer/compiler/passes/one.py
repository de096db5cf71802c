"""One pass: what it was, what it made of the program, and what that changed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from explorer.compiler.difference import Difference, Line, hunks
from explorer.compiler.jax_private import hlo_cost
from explorer.compiler.links import SourceSpan
from explorer.compiler.passes.delta import Edit
from explorer.compiler.passes.meaning import meaning_of
from explorer.compiler.stage import Stage

if TYPE_CHECKING:
    from explorer.compiler.passes.passes import Passes

_INSTRUCTION = re.compile(r"\s+(?:ROOT )?%?[\w.-]+ = ")
_FUSION = re.compile(r"\s+(?:ROOT )?%?[\w.-]+ = .*? fusion(?:-start)?\(")


class Pass:
    """A pass of XLA's, or the beginning of a list of passes.

    Args:
      of: the passes it is one of.
      number: its place among them, from 0.
      name, pipeline: what XLA calls it, and the list of passes that it ran in.
      instructions, fusions: how many the program has after it.
    """

    def __init__(self, of: Passes, number: int, name: str, pipeline: str, instructions: int, fusions: int) -> None:
        self._of, self.number, self.name, self.pipeline = of, number, name, pipeline
        self.instructions, self.fusions = instructions, fusions

    def __repr__(self) -> str:
        return f"<{self.name} ({self.pipeline}): {self.what_it_did}>"

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What makes its text of the text before."""
        return self._of.history.steps[self.number]

    @property
    def text(self) -> str:
        """The program after it, byte for byte as XLA wrote it."""
        return self._of.history.text(self.number + 1)

    @property
    def before(self) -> str:
        """The program before it."""
        return self._of.history.text(self.number)

    @property
    def changed(self) -> bool:
        """Whether it changed the program, and not only names in it."""
        return any(not edit.renamed for edit in self.edits)

    @property
    def lines_changed(self) -> int:
        """How many lines went and came, without those that were only renamed."""
        return sum(edit.removed + len(edit.added) for edit in self.edits if not edit.renamed)

    @property
    def reordered(self) -> bool:
        """Whether it changed the order of lines only, besides saying so in the first one."""
        lines = self._of.history.lines(self.number)
        plain = [edit for edit in self.edits if not edit.renamed]
        gone = Counter(line for edit in plain for line in lines[edit.at : edit.at + edit.removed])
        come = Counter(line for edit in plain for line in edit.added)
        return _without_head(gone) == _without_head(come)

    @cached_property
    def bytes(self) -> float | None:
        """The bytes that the program after it reads and writes, as XLA counts them (loops once); None where it does
        not."""
        return self._of.bytes(self.number)

    @property
    def what_it_does(self) -> str:
        """One sentence on what such a pass does; "" where that is not known here."""
        return meaning_of(self.name)

    @property
    def what_it_did(self) -> str:
        """One sentence on what it did to this program."""
        return self._of.told(self.number)

    @property
    def counted(self) -> str:
        """The same without the bytes, which take longer to count."""
        return self._of.told(self.number, bytes_too=False)

    @property
    def difference(self) -> Difference:
        """What it changed, in hunks; lines whose names alone changed count as the same."""
        old, new = self._of.history.lines(self.number), self._of.history.lines(self.number + 1)
        steps: list[tuple[str, int, int]] = []
        i = j = 0
        for edit in [*self.edits, Edit(len(old), 0, (), True)]:
            steps += [(" ", i + k, j + k) for k in range(edit.at - i)]
            j += edit.at - i
            i = edit.at
            if edit.renamed:
                steps += [(" ", i + k, j + k) for k in range(edit.removed)]
            else:
                steps += [("-", i + k, j) for k in range(edit.removed)]
                steps += [("+", i + edit.removed, j + k) for k in range(len(edit.added))]
            i, j = i + edit.removed, j + len(edit.added)
        changed = sum(kind != " " for kind, _, _ in steps)
        told = hunks(steps, [Line(line, "", ()) for line in old], [Line(line, "", ()) for line in new])
        return Difference(tuple(told), changed, len(steps) - changed)

    @property
    def diff(self) -> str:
        """What it changed as text: lines that went with "-", that came with "+", and some around them."""
        hunk_texts = ["\n".join(f"{kind} {line}" for kind, line in hunk.lines) for hunk in self.difference.hunks]
        return "\n\n".join(hunk_texts)

    def sources(self, line: int) -> tuple[SourceSpan, ...]:
        """Return the pieces of source that a line of its text comes from.

        Args:
          line: from 1.

        Raises:
          IndexError: the text has no such line.
        """
        return self._stage.sources(line)

    @cached_property
    def _stage(self) -> Stage:
        return Stage("hlo", lambda: self.text, self._of.trace, self._of.files)


def _without_head(lines: Counter[str]) -> Counter[str]:
    return Counter({line: count for line, count in lines.items() if not line.startswith("HloModule ")})


def counted(lines: Iterable[str]) -> tuple[int, int]:
    """Return how many of these lines are instructions, and how many of those are fusions."""
    instructions = fusions = 0
    for line in lines:
        if _INSTRUCTION.match(line):
            instructions += 1
            fusions += _FUSION.match(line) is not None
    return instructions, fusions


def bytes_of(text: str) -> float | None:
    """Return the bytes that a module reads and writes, as XLA counts them; None where it does not."""
    try:
        found = hlo_cost(text).get("bytes accessed", -1.0)
    except (NotImplementedError, ValueError):
        return None
    return found if found >= 0 else None
