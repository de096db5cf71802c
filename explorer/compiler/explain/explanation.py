"""What was found in a program, in words and as a record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import jax

from explorer.compiler.excerpt import excerpt
from explorer.compiler.explain.fault import Fault
from explorer.compiler.explain.running import PASTED
from explorer.compiler.frames import known_as
from explorer.compiler.spoken import Spoken
from explorer.records import Record

SHOWN = 4_000  # characters of what it printed, from the end
LONGEST = 2_000  # lines of a program that are shown whole


@dataclass(frozen=True, repr=False)
class Explanation(Spoken):
    """What `explain` found; shows itself with the program and its faults marked.

    Args:
      file: the program's file, or a name made up for it.
      faults: the one that stopped it first, then those that raise nothing, by their lines.
      ended: how the run ended: "raised", "finished", "stopped" by the time limit, or "not run".
      stopped: the line at which its time was up, or 0.
      limit: the time limit, seconds.
      seconds: how long it ran.
      output: the last of what it printed.
      gave_up: whether it did not stop when asked to.
      lines: of the program.
      namespace: the names of the program as it left them.
    """

    file: str
    faults: tuple[Fault, ...]
    ended: str
    stopped: int
    limit: float
    seconds: float
    output: str
    gave_up: bool
    lines: tuple[str, ...]
    namespace: dict[str, Any] = field(default_factory=dict, compare=False)

    kind: ClassVar[str] = "explain"

    @property
    def fault(self) -> Fault | None:
        """The first fault; None where none was found."""
        return self.faults[0] if self.faults else None

    @property
    def sentence(self) -> str:
        """What was found, in plain words."""
        ended = self._ended()
        if self.fault is None:
            return f"No fault was found. {ended}"
        more = len(self.faults) - 1
        others = f" {more:,} more {'is' if more == 1 else 'are'} marked below." if more else ""
        before = "" if self.ended == "raised" else f"{ended} "
        return f"{before}Line {self.fault.line:,}: {self.fault.title}.{others}"

    def _ended(self) -> str:
        if self.ended == "finished":
            return f"The program ran to its end, in {self.seconds:,.1f} s."
        if self.ended == "not run":
            return "The program was not run."
        where = f", at line {self.stopped:,}" if self.stopped else ""
        rest = " It did not stop when it was asked to, and may still run in the background." if self.gave_up else ""
        return f"The program was stopped after its time of {self.limit:g} s{where}; until then it raised nothing.{rest}"

    @property
    def subtitle(self) -> str:
        """One line on what is shown."""
        return f"What is wrong with {self._name}" if self.faults else "No fault was found"

    @property
    def _name(self) -> str:
        if self.file.startswith(PASTED):
            return PASTED.strip("< ")  # its number tells one from another for Python only
        return known_as(self.file)

    @property
    def device(self) -> str:
        """Where it ran."""
        return str(jax.devices()[0])

    def __str__(self) -> str:
        told = [fault.sentence for fault in self.faults]
        return "\n".join(told if self.ended == "raised" else [self.sentence, *told])

    def __repr__(self) -> str:
        return f"<Explanation: {self.sentence}>"

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return dict(self.records()["explanation"].header)

    def records(self) -> dict[str, Record]:
        """Return what is shown, by key."""
        fault = self.fault
        if len(self.lines) > LONGEST and fault is not None:
            shown = excerpt(fault.place, self.lines)["files"]
        else:
            shown = [{"file": self.file, "title": self._name, "first": 1, "text": "".join(self.lines)}]
        header = {
            "sentence": self.sentence,
            "ended": self.ended,
            "seconds": self.seconds,
            "output": self.output[-SHOWN:],
            "files": shown,
            "faults": [
                {
                    "kind": each.kind,
                    "title": each.title,
                    "what": each.what,
                    "instead": each.instead,
                    "detail": each.detail,
                    "place": {**each.place._asdict(), "file": 0},
                }
                for each in self.faults
            ],
        }
        return {"explanation": Record("explanation", header)}
