"""What a pass did to a program, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer.compiler.passes.one import Pass

NOTABLE = 0.005  # a change of bytes below half a percent is not told


def told(found: Pass, instructions: int, fusions: int, moved: tuple[float | None, float | None] | None) -> str:
    """Return one sentence on what a pass did.

    Args:
      found: the pass.
      instructions, fusions: how many the program had before it.
      moved: the bytes that it read and wrote before it and after it, each None where XLA does not tell; None where
        they are not to be told.
    """
    if not found.edits:
        return "It changed nothing here."
    if not found.changed:
        return "It renamed values; nothing else changed."
    clauses = [
        _count(found.instructions - instructions, "instruction", instructions, found.instructions),
        _count(found.fusions - fusions, "fusion", fusions, found.fusions),
        _bytes(*moved) if moved else "",
    ]
    kept = [clause for clause in clauses if clause]
    if not kept and found.reordered:
        return f"It set the order of {found.lines_changed // 2:,} lines, and changed none of them."
    lines = f"{found.lines_changed:,} {'line' if found.lines_changed == 1 else 'lines'} of the text changed"
    if not kept:
        return f"{lines}; as many instructions as before."
    sentence = ", ".join(kept)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _count(change: int, one: str, before: int, after: int) -> str:
    if not change:
        return ""
    words = one if abs(change) == 1 else f"{one}s"
    return f"{abs(change):,} {words} {'more' if change > 0 else 'fewer'} ({before:,} → {after:,})"


def _bytes(before: float | None, after: float | None) -> str:
    if before is None or after is None or abs(after - before) <= NOTABLE * max(before, 1.0):
        return ""
    change = abs(after - before)
    return f"{_size(change)} {'more' if after > before else 'less'} read and written"


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} TB"
