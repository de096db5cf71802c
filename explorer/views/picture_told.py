"""A watch, a finding or an explanation, still: what it says, and the lines of code it says it of."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from explorer.records import Record
from explorer.views.svg import text

WIDE = 104  # characters of a line
ROWS = 6  # of a table
LINE = 19.0


def told(records: Mapping[str, Record], left: float, top: float, width: float) -> tuple[list[str], float] | None:
    """Return the words and the height that they take; None where there is nothing of the kind."""
    lines = [line for key, tell in TELLS.items() if key in records for line in tell(records[key])]
    if not lines:
        return None
    body, y = [], top
    for words, bold, quiet in lines:
        for part in textwrap.wrap(words.replace("`", ""), WIDE) or [""]:
            body.append(text(left, y + 12, part, 12, bold=bold, quiet=quiet, room=width))
            y += LINE
    return body, y - top


Line = tuple[str, bool, bool]  # words, bold, quiet


def _retraces(record: Record) -> Iterator[Line]:
    yield record.header["sentence"], False, False
    rows = record.header["rows"]
    for row in rows[:ROWS]:
        place = "operations outside of jit" if row["cause"]["kind"] == "own" else f"{row['site']['title']}"
        yield "", False, False
        yield f"{row['function']}: {row['count']:,} × · {row['cost_ms']:,.0f} ms · {place}", True, False
        yield row["cause"]["why"], False, False
        if row["cause"]["change"]:
            yield row["cause"]["change"], False, True
    if len(rows) > ROWS:
        yield f"... and {len(rows) - ROWS:,} more lines of code", False, True


def _finding(record: Record) -> Iterator[Line]:
    yield record.header["sentence"], False, False
    if record.header["instead"]:
        yield "", False, False
        yield f"Instead: {record.header['instead']}", True, False
    yield "", False, False
    for look in record.header["looks"]:
        yield look["text"], False, True


def _explanation(record: Record) -> Iterator[Line]:
    yield record.header["sentence"], False, False
    for fault in record.header["faults"][:ROWS]:
        yield "", False, False
        yield f"Line {fault['place']['line']:,}: {fault['title']}", True, False
        yield fault["what"], False, False
        if fault["instead"]:
            yield f"Instead: {fault['instead']}", False, True


TELLS = {"retraces": _retraces, "bad_operation": _finding, "explanation": _explanation}
