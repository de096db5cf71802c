"""The difference of two texts of a stage that ignores what registers are called.

XLA and MLIR number their values: one operation more renames all that come after it. Lines are aligned without the
names; where two lines are aligned the values they define are the same one, and a line whose operands are then others
has changed all the same. Source tables, locations and metadata are left out: they change with every line that moves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

CONTEXT = 3  # lines around a change
LONGEST = 4_000  # lines of all hunks of one stage
EXACT = 4_000_000  # pairs of lines up to which difflib compares everything

_HLO_DEFINED = re.compile(r"^\s*(?:ROOT )?%?([\w.-]+) = |^(?:ENTRY )?%?([\w.-]+) (?:\(.*)?\{$")
_JAXPR_DEFINED = re.compile(r"\b([a-z]{1,4}):(?=[a-z]\w*[\[<])")
_METADATA = re.compile(r', metadata=\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}')
_WORD = re.compile(r"[\w.-]+")
_NAME = "\0"  # stands where a name was: no text holds it, and a jaxpr calls what nobody uses `_`
# Where every name has a mark of its own.
_MARKED = {"stablehlo": re.compile(r"%\w+|@(?!main\b)[\w.$-]+"), "hlo": re.compile(r"%[\w.-]+")}
_JAXPR_WORD = re.compile(r"(?<![\w.=])[a-z]{1,4}\b(?!=)")


class Hunk(NamedTuple):
    """Lines that changed and some around them.

    Args:
      before, after: from and to, lines from 0, of the texts without what is left out.
      lines: (" ", "-" or "+", text).
    """

    before: tuple[int, int]
    after: tuple[int, int]
    lines: tuple[tuple[str, str], ...]


class Difference(NamedTuple):
    """What changed between two texts: hunks, and how many lines changed and stayed."""

    hunks: tuple[Hunk, ...]
    changed: int
    same: int


class Line(NamedTuple):
    """A line, its text without names, and those names; the first is what it defines, where it defines one."""

    text: str
    key: str
    names: Sequence[str]


def difference(before: str, after: str, stage: str) -> Difference:
    """Return what changed from one text of a stage to another."""
    old, new = list(marked(_body(before, stage), stage)), list(marked(_body(after, stage), stage))
    blocks = aligned([line.key for line in old], [line.key for line in new])
    same = unrenamed(old, new, {(i + k): (j + k) for i, j, size in blocks for k in range(size)})
    steps = list(_steps(old, new, same))
    changed = sum(kind != " " for kind, _, _ in steps)
    return Difference(tuple(hunks(steps, old, new)), changed, len(same))


def unrenamed(
    old: Sequence[Line], new: Sequence[Line], pairs: Mapping[int, int], kept: Iterable[str] = ()
) -> dict[int, int]:
    """Return those of the aligned lines that say the same of the same values.

    Args:
      old, new: the lines of both texts.
      pairs: aligned ones, that differ by names at most.
      kept: names that are defined by the same line of both texts, where those lines are not given.
    """
    renamed = {name: name for name in kept}
    renamed |= {name: new[j].names[0] for i, j in pairs.items() if (name := next(iter(old[i].names), None))}
    back = {theirs: ours for ours, theirs in renamed.items()}
    return {
        i: j
        for i, j in pairs.items()
        if all(
            renamed.get(a, b) == b and back.get(b, a) == a
            for a, b in zip(old[i].names[1:], new[j].names[1:], strict=True)
        )
    }


def _body(text: str, stage: str) -> list[str]:
    """Return the lines of a text, without the tables that XLA prints at the top."""
    lines = text.split("\n")
    start = 0
    if stage.startswith("hlo"):
        start = next((n for n, line in enumerate(lines) if n and line.endswith("{")), 0)
    return lines[start:]


def marked(lines: Sequence[str], stage: str) -> Iterator[Line]:
    """Yield lines of a stage's text, without metadata, with the names in them."""
    every = _MARKED.get(stage)
    named = _names_in(lines, stage)
    for line in lines:
        kept = _METADATA.sub("", line) if "metadata={" in line else line
        if every is not None:
            yield Line(kept, every.sub(_NAME, kept), every.findall(kept))
            continue
        names: list[str] = []

        def placed(match: re.Match[str], names: list[str] = names) -> str:
            if not named(match[0]):
                return match[0]
            names.append(match[0])
            return _NAME

        yield Line(kept, (_JAXPR_WORD if stage == "jaxpr" else _WORD).sub(placed, kept), names)


def _names_in(lines: Sequence[str], stage: str) -> Callable[[str], bool]:
    """Return what says whether a word is the name of a value, where names have no mark."""
    if stage in _MARKED:
        return lambda word: True
    if stage == "jaxpr":
        found = {name for line in lines for name in _JAXPR_DEFINED.findall(line)}
        return lambda word: word in found
    defined = {name for line in lines if (m := _HLO_DEFINED.match(line)) for name in m.groups() if name}
    return lambda word: word in defined


def aligned(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return blocks (index in old, index in new, length) of the same lines, in order."""
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    a, b = old[first : len(old) - last], new[first : len(new) - last]
    matcher = SequenceMatcher(None, a, b, autojunk=len(a) * len(b) > EXACT)
    inner = [(i + first, j + first, size) for i, j, size in matcher.get_matching_blocks() if size]
    return [(0, 0, first), *inner, (len(old) - last, len(new) - last, last)]


def _steps(old: Sequence[Line], new: Sequence[Line], same: dict[int, int]) -> Iterator[tuple[str, int, int]]:
    """Yield (kind, index in old, index in new) from the first line to the last."""
    j = 0
    for i in range(len(old)):
        if i not in same:
            yield "-", i, j
            continue
        while j < same[i]:
            yield "+", i, j
            j += 1
        yield " ", i, j
        j += 1
    while j < len(new):
        yield "+", len(old), j
        j += 1


def hunks(steps: Sequence[tuple[str, int, int]], old: Sequence[Line], new: Sequence[Line]) -> Iterator[Hunk]:
    wanted = {n + k for n, (kind, _, _) in enumerate(steps) if kind != " " for k in range(-CONTEXT, CONTEXT + 1)}
    places = sorted(n for n in wanted if 0 <= n < len(steps))[:LONGEST]
    start = 0
    for at in range(1, len(places) + 1):
        if at < len(places) and places[at] == places[at - 1] + 1:
            continue
        part = [steps[n] for n in places[start:at]]
        start = at
        lines = tuple((kind, new[j].text if kind == "+" else old[i].text) for kind, i, j in part)
        first_old, first_new = part[0][1], part[0][2]
        removed, added = (sum(kind != skip for kind, _, _ in part) for skip in ("+", "-"))
        yield Hunk((first_old, first_old + removed), (first_new, first_new + added), lines)
