"""What XLA for GPUs writes down while it fuses: each decision, in the order in which it was taken.

The text is a protocol buffer's, `FusionProcessDumpProto` of XLA. Its decisions name the instructions of the module as
it was before the pass, and the fusions that the pass made until then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_TOKEN = re.compile(r'\s*(?:(\w+)\s*:\s*("(?:[^"\\]|\\.)*"|[^\s"]+)|(\w+)\s*:?\s*\{|(\}))')
_ESCAPE = re.compile(r"\\([0-7]{1,3}|.)", re.DOTALL)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t"}


class Refused(NamedTuple):
    """XLA may not fuse a producer into all of its consumers.

    Args:
      producer: its name.
      reason: as XLA wrote it, of the first consumer that it does not fit.
    """

    producer: str
    reason: str


class Priced(NamedTuple):
    """XLA estimated how long a producer and its consumers take.

    Args:
      producer, consumers: their names.
      us_fused, us_unfused: microseconds as XLA wrote them; where the producer waited with an estimate already, only
        what that changes by.
    """

    producer: str
    consumers: tuple[str, ...]
    us_fused: float
    us_unfused: float


class Joined(NamedTuple):
    """XLA fused a producer into a consumer.

    Args:
      producer, consumer: their names.
      fusion: the name of what they became; the consumer's where that was a fusion already.
    """

    producer: str
    consumer: str
    fusion: str


Decision = Refused | Priced | Joined


class FusionDump(NamedTuple):
    """What XLA wrote down of one pass.

    Args:
      decisions: in order.
      before: the module before the pass, as short text.
    """

    decisions: tuple[Decision, ...]
    before: str


class FusionDumpError(ValueError):
    """The text is not of the form that is known here."""


def read(text: str) -> FusionDump:
    """Return what a dump says.

    Raises:
      FusionDumpError: it is not a protocol buffer's text, or lacks what a decision consists of.
    """
    fields = _fields(text)
    try:
        decisions = tuple(found for step in fields.get("fusion_steps", ()) for found in _decisions(step))
    except (KeyError, TypeError, ValueError) as error:
        raise FusionDumpError(f"a decision lacks what is known of it: {error!r}") from error
    return FusionDump(decisions, str(fields.get("hlo_module_before_fusion", [""])[0]))


def _decisions(step: dict[str, list[Any]]) -> Iterator[Decision]:
    for one in step.get("producer_ineligible", ()):
        yield Refused(one["producer_name"][0], one["reason"][0])
    for one in step.get("update_priority", ()):
        fused, unfused = (float(one.get(name, ["0"])[0]) for name in ("us_fused", "us_unfused"))
        yield Priced(one["producer_name"][0], tuple(one.get("consumer_names", ())), fused, unfused)
    for one in step.get("fusion", ()):
        yield Joined(one["producer_name"][0], one["consumer_name"][0], one["fusion_name"][0])


def _fields(text: str) -> dict[str, list[Any]]:
    """Return the fields of a message, each as the list of its values: text, or fields again."""
    message: dict[str, list[Any]] = {}
    around: list[dict[str, list[Any]]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise FusionDumpError(f"line {_line(text, at):,} is not of a protocol buffer: {text[at : at + 40]!r}")
        name, value, opened, closed = found.groups()
        if name:
            message.setdefault(name, []).append(_unquoted(value) if value[0] == '"' else value)
        elif opened:
            inner: dict[str, list[Any]] = {}
            message.setdefault(opened, []).append(inner)
            around.append(message)
            message = inner
        elif closed and around:
            message = around.pop()
        else:
            raise FusionDumpError(f"line {_line(text, found.end()):,} closes what was not opened")
        at = found.end()
    if around:
        raise FusionDumpError("it ends before it is complete")
    return message


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _unquoted(value: str) -> str:
    """Return the text of a string; octal escapes are bytes of UTF-8."""

    def plain(found: re.Match[str]) -> str:
        code = found[1]
        return chr(int(code, 8)) if code[0] in "01234567" else _PLAIN.get(code, code)

    inner = value[1:-1]
    if "\\" not in inner:
        return inner
    unescaped = _ESCAPE.sub(plain, inner)
    try:
        return unescaped.encode("latin-1").decode()
    except UnicodeError:  # it holds other letters as they are
        return unescaped
