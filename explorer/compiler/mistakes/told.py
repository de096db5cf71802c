"""A mistake in plain words."""

from __future__ import annotations

from typing import NamedTuple

LONGEST = 300  # characters of a message that fit beside a field


class Told(NamedTuple):
    """A mistake in plain words.

    Args:
      title: what kind of thing happened.
      what: a sentence or two on what happened.
      instead: what to write instead; "" where nothing is sure.
    """

    title: str
    what: str
    instead: str = ""

    @property
    def text(self) -> str:
        """What happened and what to do, in one text."""
        return f"{self.what} {self.instead}".strip()


def first_line(text: str) -> str:
    """Return the first line of a text that is not empty, cut at `LONGEST` characters."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def sentence(message: str) -> str:
    """Return the first line of a message as a sentence."""
    line = first_line(message)
    return line if line.endswith((".", "!", "?")) else f"{line}."
