"""One stage of compiling a function: its text, and where each line comes from. Both are made when first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable

from explorer.compiler.classic_errors import first_line
from explorer.compiler.links import CARRIED, DETAIL, RULE, Links, SourceSpan, links_of
from explorer.compiler.origins import Trace
from explorer.compiler.rules import RULES, told
from explorer.compiler.source import Files
from explorer.records import Record

STAGES = ("jaxpr", "stablehlo", "hlo_before", "hlo")  # after the source
LATE = ("llvm_before", "llvm", "asm")  # below these, made when somebody asks
TITLES = {
    "source": "You wrote (Python)",
    "jaxpr": "JAX recorded (jaxpr)",
    "stablehlo": "Handed to XLA (StableHLO)",
    "hlo_before": "Before optimization (HLO)",
    "hlo": "Runs on the device (HLO)",
    "llvm_before": "Kernels (LLVM IR)",
    "llvm": "Kernels optimized (LLVM IR)",
    "asm": "Machine code (disassembly)",
}
LANGUAGES = {
    "source": "python",
    "jaxpr": "jaxpr",
    "stablehlo": "mlir",
    "hlo_before": "hlo",
    "hlo": "hlo",
    "llvm_before": "llvm",
    "llvm": "llvm",
    "asm": "asm",
}
NO_TEXT = {
    "stablehlo": "JAX gives no StableHLO text here.",
    "hlo_before": "JAX gives no HLO text from before the optimization here.",
    "hlo": "The compiler for this device gives no HLO text.",
}


_RULES = ("", *RULES)  # by their numbers


class MissingError(LookupError):
    """There is no text; the message is the reason as a person reads it."""


class Stage:
    """The text of one stage. Any thread may ask it.

    Args:
      name: one of `TITLES`.
      text: returns the text, byte for byte as JAX or XLA prints it; raises, or returns None, where there is none.
      trace: returns the origins of the lines of that text.
      files: the table of source files that all stages of an inspection share.
      reason: why there is no text, where that is known beforehand.
      links: makes the links themselves, in place of `trace`.
    """

    def __init__(
        self,
        name: str,
        text: Callable[[], str | None] | None = None,
        trace: Callable[[str], Trace] | None = None,
        files: Files | None = None,
        reason: str | None = None,
        links: Callable[[], Links] | None = None,
    ) -> None:
        self.name = name
        self._make_text, self._make_trace = text, trace
        self._make_links = links or self._traced
        self.files = files or Files()
        self._reason = reason
        self._text: str | None = None
        self._links: Links | None = None
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        what = f"{self.lines:,} lines" if self.available else f"not available: {self._reason}"
        return f"<{self.title}: {what}>"

    @property
    def text(self) -> str:
        """The text; "" where the stage is unavailable."""
        with self._lock:
            if self._make_text is not None:
                make, self._make_text = self._make_text, None
                try:
                    self._text = make()
                    if self._text is None:
                        self._reason = NO_TEXT.get(self.name, "There is no text.")
                except MissingError as error:
                    self._reason = str(error)
                except Exception as error:  # whatever a backend raises: the other stages are still shown
                    self._reason = first_line(f"{type(error).__name__}: {error}")
            return self._text or ""

    @property
    def pending(self) -> bool:
        """Whether the text is still to be made."""
        return self._make_text is not None

    @property
    def available(self) -> bool:
        """Whether there is a text."""
        return self.text != "" or self._text is not None

    @property
    def known_reason(self) -> str | None:
        """The reason as far as it is known, without reading a text that is still to be made."""
        return self._reason if self.pending else self.reason

    @property
    def reason(self) -> str | None:
        """One sentence on what is missing, the text or its source lines; else None."""
        _ = self.links
        return self._reason

    @property
    def links(self) -> Links:
        """The links of the text's lines with the source."""
        with self._lock:
            if self._links is None:
                self._links = Links()
                try:
                    self._links = self._make_links() if self.available else Links()
                except Exception as error:  # a printer that changed with a version must not take the text away
                    why = first_line(f"{type(error).__name__}: {error}")
                    self._reason = f"The source lines could not be read: {why}"
                self._make_trace = None
            return self._links

    def _traced(self) -> Links:
        return links_of(self._make_trace(self.text), self.files) if self._make_trace else Links()

    @property
    def lines(self) -> int:
        """The number of lines of the text; 0 where it is unavailable."""
        return self.text.count("\n") + 1 if self.available else 0

    @property
    def title(self) -> str:
        """What the stage is in plain words, the term in parentheses."""
        return TITLES[self.name]

    @property
    def language(self) -> str:
        """The language of the text, for its colours: "python", "jaxpr", "mlir", "hlo", "llvm" or "asm"."""
        return LANGUAGES[self.name]

    def head(self, line: int) -> int:
        """Return the line that has the links of a line, both from 1: itself, in a text that is linked line by line."""
        return line

    def sources(self, line: int) -> tuple[SourceSpan, ...]:
        """Return the pieces of source that a line comes from.

        Args:
          line: from 1.

        Returns:
          Its spans: lines from 1, columns from 0 in code points; the user's own first, then what was carried through
          optimization, then a library's lines inside them.

        Raises:
          IndexError: the text has no such line.
        """
        if not 0 < line <= self.lines:
            raise IndexError(f"the {self.name} text has {self.lines:,} lines; there is no line {line}")
        found = sorted(self.links.of(line - 1).tolist(), key=lambda row: (row[7] & DETAIL, row[7] & CARRIED))
        return tuple(self._span(row) for row in found)

    def _span(self, row: list[int]) -> SourceSpan:
        _, file, first, start, last, end, scope, flags = row
        return SourceSpan(
            self.files.names[file],
            first,
            start,
            last,
            end,
            self.files.function_at(file, first),
            bool(flags & DETAIL),
            "" if scope < 0 else self.links.scopes[scope],
            _RULES[flags >> RULE],
        )

    def record(self, function: str) -> Record:
        """Return the stage as the record of `function`'s stage."""
        links = self.links
        return Record(
            "stage",
            {
                "function": function,
                "stage": self.name,
                "title": self.title,
                "language": self.language,
                "available": self.available,
                "reason": self.reason,
                "lines": self.lines,
                "scopes": list(links.scopes),
                "rules": told(),
            },
            {"text": self.text, "links": links.rows},
        )


def unavailable(name: str, reason: str) -> Stage:
    """Return a stage that cannot be had, and why."""
    return Stage(name, reason=reason)
