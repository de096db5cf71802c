"""The record of the passes: the first text and what each pass changes, so that a browser makes any text again."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from explorer.compiler.links import Links, links_of
from explorer.compiler.origins import Origins, Trace
from explorer.compiler.passes.one import Pass
from explorer.compiler.rules import told
from explorer.records import Record

if TYPE_CHECKING:
    from explorer.compiler.passes.passes import Passes

LINKED = 150_000  # lines of all texts up to which each is linked with the source
COUNTED = 300_000  # and up to which the bytes of each are counted
MANY = "All of the passes together are {:,} lines long: {} told for texts of up to {:,} lines in all."


def passes_record(function: str, passes: Passes) -> Record:
    """Return the record of `function`'s passes.

    `text` is the program before the first pass. `edits` are rows of (pass, first line of the text before, lines
    removed, lines added, whether they were only renamed), in order; `added` holds the lines they add, one after the
    other. Each line of `text` and of `added` has an entry in `entries`, which `places` tells the source of, in rows as
    a stage's links, with the entry in place of the line; `moved` are rows of (pass, line of the text after it,
    another entry) for lines that stay and come from elsewhere than before.
    """
    history = passes.history
    changing = [p for p in passes if p.edits]
    long = len(history.lines(0)) + sum(len(history.lines(p.number + 1)) for p in changing)
    notes = []
    if long > LINKED:
        notes.append(MANY.format(long, "source lines are", LINKED))
    if long > COUNTED:
        notes.append(MANY.format(long, "bytes are", COUNTED))
    known = long <= COUNTED
    edits = [
        (p.number, edit.at, edit.removed, len(edit.added), int(edit.renamed)) for p in changing for edit in p.edits
    ]
    added = [line for p in changing for edit in p.edits for line in edit.added]
    entries, moved, links = _linked(passes, changing) if long <= LINKED else _unlinked(passes, len(added))
    header = {
        "function": function,
        "reason": passes.missing,
        "notes": notes,
        "linked": long <= LINKED,
        "first": {
            "instructions": passes.first[0],
            "fusions": passes.first[1],
            "bytes": passes.bytes(-1) if known and len(passes) else None,
        },
        "passes": [_told(p, known, passes.ran) for p in passes],
        "meanings": {p.name: p.what_it_does for p in passes},
        "scopes": list(links.scopes),
        "rules": told(),
    }
    return Record(
        "passes",
        header,
        {
            "text": history.first,
            "added": "\n".join(added),
            "edits": np.array(edits, np.int32).reshape(-1, 5),
            "entries": entries,
            "moved": moved,
            "places": links.rows,
        },
    )


def _told(found: Pass, bytes_too: bool, ran: Collection[str]) -> dict[str, object]:
    return {
        "name": found.name,
        "pipeline": found.pipeline,
        "changed": found.changed,
        "optional": found.name in ran,
        "instructions": found.instructions,
        "fusions": found.fusions,
        "bytes": found.bytes if bytes_too else None,
        "did": found.what_it_did if bytes_too or not found.changed else found.counted,
    }


def _unlinked(passes: Passes, added: int) -> tuple[np.ndarray, np.ndarray, Links]:
    return np.zeros(len(passes.history.lines(0)) + added, np.int32), np.zeros((0, 3), np.int32), Links()


def _linked(passes: Passes, changing: list[Pass]) -> tuple[np.ndarray, np.ndarray, Links]:
    """Return the entry of each line that comes, the lines that change theirs, and the links of the entries."""
    known: dict[Origins, int] = {(): 0}
    history = passes.history

    def entries_of(step: int) -> np.ndarray:
        found = None if passes.trace is None else passes.trace(history.text(step))
        if found is None:
            return np.zeros(len(history.lines(step)), np.int32)
        numbers = [known.setdefault(origins, len(known)) for origins in found.table]
        return np.array(numbers, np.int32)[found.index]

    now = entries_of(0)
    come, moved = [now], [np.zeros((0, 3), np.int32)]
    for p in changing:
        next_ = entries_of(p.number + 1)
        carried, at, to = [], 0, 0
        for edit in p.edits:
            carried.append(now[at : edit.at])
            to += edit.at - at
            carried.append(next_[to : to + len(edit.added)])
            come.append(carried[-1])
            at, to = edit.at + edit.removed, to + len(edit.added)
        carried.append(now[at:])
        lines = np.flatnonzero(np.concatenate(carried) != next_).astype(np.int32)
        moved.append(np.column_stack([np.full_like(lines, p.number), lines, next_[lines]]))
        now = next_
    every = Trace(len(known))
    every.table = list(known)
    every.index = np.arange(len(known), dtype=np.int32)
    return np.concatenate(come), np.concatenate(moved), links_of(every, passes.files)
