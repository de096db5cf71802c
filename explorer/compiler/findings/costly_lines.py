"""The source lines that cost most.

By measured time if there is one. Else a line's weight is the larger of its share of the FLOPs executed and its share
of the bytes moved: whichever of the two holds the device up, a line that has little of both cannot be the reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from explorer.compiler.findings.evidence import Evidence
from explorer.compiler.findings.finding import Finding
from explorer.compiler.findings.words import amount, duration, percent

MOST = 5
LEAST = 0.005  # a share below this is not costly


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield the costliest lines, the costliest first."""
    yield from _measured(evidence) if evidence.timed is not None else _modelled(evidence)


def _measured(evidence: Evidence) -> Iterator[Finding]:
    assert evidence.timed is not None
    times = evidence.by_line(evidence.timed)
    total = float(evidence.timed.sum())
    for key, time in _largest({key: time / total for key, time in times.items()} if total else {}):
        place = evidence.whole_line(key)
        said, part = evidence.said(place, whole_line=True), percent(time)
        text = f"{said} takes {duration(time * total)} of one call, {part} of what was measured."
        lines = evidence.instructions_on(key, evidence.timed)
        yield Finding("costly_line", text, "measured", time * total, "µs", time, "hlo", lines, place)


def _modelled(evidence: Evidence) -> Iterator[Finding]:
    flops, moved = evidence.by_line(evidence.worked), evidence.by_line(evidence.moved)
    all_flops, all_moved = sum(flops.values()), sum(moved.values())
    shares = {
        key: (flops[key] / all_flops if all_flops else 0.0, moved[key] / all_moved if all_moved else 0.0)
        for key in flops
    }
    counted = ", loops as often as they run" if evidence.loops else ""
    for key, share in _largest({key: max(both) for key, both in shares.items()}):
        place, by_flops = evidence.whole_line(key), shares[key][0] >= shares[key][1]
        parts = [
            f"does {percent(shares[key][0])} of the arithmetic ({amount(flops[key], 'FLOPs')})",
            f"moves {percent(shares[key][1])} of the bytes ({amount(moved[key], 'B')})",
        ]
        most, rest = parts if by_flops else reversed(parts)
        text = f"{evidence.said(place, whole_line=True)} {most} and {rest}, in one call{counted}."
        value, unit = (flops[key], "FLOPs") if by_flops else (moved[key], "bytes")
        lines = evidence.instructions_on(key, evidence.worked if by_flops else evidence.moved)
        yield Finding("costly_line", text, "modelled", value, unit, share, "hlo", lines, place)


def _largest(shares: dict[tuple[int, int], float]) -> list[tuple[tuple[int, int], float]]:
    known = [(key, share) for key, share in shares.items() if key[0] >= 0 and share >= LEAST]
    return sorted(known, key=lambda item: -item[1])[:MOST]
