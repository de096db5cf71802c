"""XLA's reports on memory, read: which value lies where (the buffer assignment), and when each is needed."""

from __future__ import annotations

import re
from typing import NamedTuple

_ALLOCATION = re.compile(r"^allocation (\d+): size (\d+)(.*):$")
_VALUE = re.compile(r"^ value: <\d+ (.+?)(\{[^}]*\})?(?: \(phi\))? @\d+> \(size=(\d+),offset=(\d+)\): (.*)$")
_STEP = re.compile(r"^    (\d+):(.+)$")
_RANGE = re.compile(r"^    (.+?)(\{[^}]*\}):(\d+)-(\d+)$")
_ELSEWHERE = re.compile(r", color [1-9]")
_PARAMETER = re.compile(r", parameter (\d+),")


class ReportError(ValueError):
    """A report in a form that is not known here, as after a change of version."""


class Value(NamedTuple):
    """A value in an allocation.

    Args:
      name: of the instruction that makes it.
      part: which part of a tuple it is, such as "{1}"; "{}" for all of it.
      bytes, offset: its size and where it begins in the allocation, in bytes.
      shape: its type, as XLA prints it.
    """

    name: str
    part: str
    bytes: int
    offset: int
    shape: str


class Allocation(NamedTuple):
    """A stretch of memory that XLA sets aside for one call.

    Args:
      number: as XLA counts them.
      bytes: its size.
      parameter: the number of the argument that lies in it, None where none does.
      output: whether a result may lie in it.
      constant: whether a constant lies in it.
      main: whether it is in the main memory of the device, not in a small one of its own.
      thread_local: whether each thread has its own, which is not a part of the call's memory.
      values: which values lie in it, one after the other or side by side.
    """

    number: int
    bytes: int
    parameter: int | None
    output: bool
    constant: bool
    main: bool
    thread_local: bool
    values: tuple[Value, ...]


class Ranges(NamedTuple):
    """When each value is needed.

    Args:
      steps: the instructions in the order in which they run, the body of a loop once, before the loop itself.
      of: from a value's (name, part) to the first and the last step that it is needed in.
    """

    steps: tuple[str, ...]
    of: dict[tuple[str, str], tuple[int, int]]


def allocations_in(text: str) -> list[Allocation]:
    """Return the allocations of a buffer assignment as XLA prints it.

    Raises:
      ReportError: it is in a form that is not known here.
    """
    found: list[Allocation] = []
    values: list[Value] = []
    for line in text.split("\n"):
        if head := _ALLOCATION.match(line):
            number, size, told = head.groups()
            parameter, values = _PARAMETER.search(told), []
            found.append(
                Allocation(
                    int(number),
                    int(size),
                    int(parameter[1]) if parameter else None,
                    "maybe-live-out" in told,
                    ", constant" in told,
                    _ELSEWHERE.search(told) is None,
                    "thread-local" in told,
                    (),
                )
            )
        elif line.startswith(" value: "):
            value = _VALUE.match(line)
            if value is None or not found:
                raise ReportError(f"the buffer assignment has a line that is not known: '{line.strip()[:80]}'")
            name, index, size, offset, shape = value.groups()
            values.append(Value(name, index or "{}", int(size), int(offset), shape))
            found[-1] = found[-1]._replace(values=tuple(values))
    if not found:
        raise ReportError("the buffer assignment has no allocations")
    return found


def ranges_in(text: str) -> Ranges:
    """Return the live ranges as XLA prints them.

    Raises:
      ReportError: they are in a form that is not known here.
    """
    steps: list[str] = []
    ranges: dict[tuple[str, str], tuple[int, int]] = {}
    part = ""
    for line in text.split("\n"):
        if line.startswith("  ") and not line.startswith("   "):
            part = line.strip()
        elif part == "InstructionSequence:" and (step := _STEP.match(line)):
            steps.append(step[2])
        elif part == "BufferLiveRange:" and (found := _RANGE.match(line)):
            name, index, first, last = found.groups()
            ranges[name, index] = int(first), int(last)
    if not steps or not ranges:
        raise ReportError("the report of live ranges has no steps or no ranges")
    return Ranges(tuple(steps), ranges)
