"""The rules by which a line has a place in the source that it does not name itself."""

from __future__ import annotations

FUSED = "fused"
CALLER = "caller"
BESIDE = "beside"
MERGED = "merged"
USED = "used"
GONE = "gone"
SAME = "same"

# In the order of their numbers, from 1; each is a sentence on how the place came to the line.
RULES = {
    FUSED: "This line runs a computation, and a line in it comes from here.",
    CALLER: "This line names no place; what calls the computation it is in comes from here.",
    BESIDE: "This line names no place; the other lines of its small computation come from here.",
    MERGED: "XLA merged instructions and kept only their names; instructions of these names came from here.",
    USED: "XLA made this line without a place; what uses its result comes from here.",
    GONE: "What this place made was optimized away: its result went into this line.",
    SAME: "This place computes the same as this line, and XLA kept one of the two.",
}
NUMBERS = {rule: number for number, rule in enumerate(RULES, 1)}
