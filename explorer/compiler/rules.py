"""The rules by which a line has a place in the source that it does not name itself."""

from __future__ import annotations

from typing import NamedTuple

FUSED = "fused"
CALLER = "caller"
BESIDE = "beside"
MERGED = "merged"
USED = "used"
GONE = "gone"
SAME = "same"


class Rule(NamedTuple):
    """How a place came to a line: in a few words, and in a sentence."""

    words: str
    why: str


# In the order of their numbers, from 1.
RULES = {
    FUSED: Rule("fused into it", "This line runs a computation, and a line in it comes from here."),
    CALLER: Rule("from its caller", "This line names no place; what calls the computation it is in comes from here."),
    BESIDE: Rule("from beside it", "This line names no place; the others of its small computation come from here."),
    MERGED: Rule("merged", "XLA merged instructions and kept only their names; some of these names came from here."),
    USED: Rule("used here", "This line names no place of its own; what uses its result comes from here."),
    GONE: Rule("optimized away", "What this place made was optimized away: its result went into this line."),
    SAME: Rule("computed once", "This place computes the same as this line, and XLA kept one of the two."),
}
NUMBERS = {rule: number for number, rule in enumerate(RULES, 1)}


def told() -> list[dict[str, str]]:
    """Return the rules for a record, by their numbers less one."""
    return [rule._asdict() for rule in RULES.values()]
