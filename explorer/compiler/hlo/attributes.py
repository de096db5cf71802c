"""What follows an instruction's operands: `, dimensions={0}, to_apply=%add, metadata={op_name="..."}`."""

from __future__ import annotations

import re
from typing import NamedTuple

from explorer.compiler.hlo.scanner import items

_PAIR = re.compile(r"([\w.\-]+)=(?=.)")
_CALLED = re.compile(r"%?([\w.\-]+)")
CALLING = {  # attribute: how what it names is run
    "calls": "called",
    "to_apply": "called",
    "body": "body",
    "condition": "condition",
    "true_computation": "branch",
    "false_computation": "branch",
    "branch_computations": "branch",
    "select": "called",
    "scatter": "called",
    "called_computations": "called",
    "async_computation": "called",
}


class Attribute(NamedTuple):
    """One attribute: its name, and its value as the text has it."""

    name: str
    value: str


def parse_attributes(text: str, start: int, end: int) -> tuple[Attribute, ...]:
    """Return the attributes between two offsets, in order; the text starts with ", " or is empty.

    Raises:
      ValueError: what is there is not a list of name=value.
    """
    if start == end:
        return ()
    if not text.startswith(", ", start, end):
        raise ValueError(f"', name=value' belongs after the operands, not '{text[start : min(end, start + 20)]}'")
    found = []
    for first, last in items(text, start + 2, end):
        pair = _PAIR.match(text, first, last)
        if pair is None:
            raise ValueError(f"'{text[first : min(last, first + 40)]}' is not name=value")
        found.append(Attribute(pair[1], text[pair.end() : last]))
    return tuple(found)


def called(attribute: Attribute) -> tuple[str, ...]:
    """Return the names of the computations that an attribute of `CALLING` names."""
    return tuple(_CALLED.findall(attribute.value))
