"""What a watch has seen, told by line of code: a sentence, a table, and the record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from explorer.compiler.watch.event import Event
from explorer.records import Record

MOST_SHOWN = 1_000  # events in the record; the table still counts all of them

NOTHING = "Nothing was traced or compiled: every function was ready."
NOTHING_YET = "Nothing was traced or compiled so far."


def sentence(events: Sequence[Event], watching: bool = False) -> str:
    """Return the whole in a sentence or two, such as "3 functions were compiled 7 times, 412 ms; ..."."""
    yours = [event for event in events if not event.own]
    own = [event for event in events if event.own]
    if not yours and not own:
        return NOTHING_YET if watching else NOTHING
    others = ""
    if own:
        others = f" JAX compiled {_times(own)} small programs of its own, {_ms(own)}."
        if sum(event.compiles for event in own) == 1:
            others = f" JAX compiled one small program of its own, {_ms(own)}."
    if not yours:
        return f"None of your functions was traced or compiled.{others}"
    functions = len({(event.function, event.definition) for event in yours})
    compiles = sum(event.compiles for event in yours)
    names = f"{functions:,} functions were" if functions > 1 else f"`{yours[0].function}` was"
    did = f"compiled {_count(compiles)}" if compiles else f"traced {_count(len(yours))}"
    avoidable = [event for event in yours if event.cause.avoidable]
    saved = sum(event.compiles for event in avoidable) if compiles else len(avoidable)
    if not saved:
        could = "; all of it had to be" if all(event.cause.kind == "first" for event in yours) else ""
    else:
        what = "compiles" if compiles else "traces"
        could = f"; {saved:,} of the {what} could be avoided" if saved > 1 else f"; 1 of the {what} could be avoided"
        could += f", {_ms(avoidable)}"
    return f"{names} {did}, {_ms(yours)}{could}.{others}"


def rows(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Return the table by call site, the costliest first, JAX's own helpers as one row at the end."""
    groups: dict[Any, list[int]] = defaultdict(list)
    for number, event in enumerate(events):
        site = event.site
        key = "own" if event.own else (event.function, event.definition, site.file, site.line, site.column)
        groups[key].append(number)
    table = [_row([events[i] for i in numbers], numbers) for key, numbers in groups.items() if key != "own"]
    table.sort(key=lambda row: -row["cost_ms"])
    if groups.get("own"):
        numbers = groups["own"]
        table.append(_own([events[i] for i in numbers], numbers))
    return table


def _row(events: list[Event], numbers: list[int]) -> dict[str, Any]:
    causes: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        causes[event.cause.kind].append(event)
    # The cause that cost most in all, but a first call only where there is nothing else to tell.
    told = sorted(causes.values(), key=lambda group: (group[0].cause.avoidable, sum(e.cost_ms for e in group)))[-1]
    last = told[-1]
    return {
        **last.to_dict(),
        "trace_ms": _sum(event.trace_ms for event in events),
        "lower_ms": _sum(event.lower_ms for event in events),
        "compile_ms": _sum(event.compile_ms for event in events),
        "cost_ms": sum(event.cost_ms for event in events),
        "count": len(events),
        "compiles": sum(event.compiles for event in events),
        "avoidable": sum(event.cause.avoidable for event in events),
        "avoidable_ms": sum(event.cost_ms for event in events if event.cause.avoidable),
        "causes": {kind: len(group) for kind, group in causes.items()},
        "events": numbers,
    }


def _own(events: list[Event], numbers: list[int]) -> dict[str, Any]:
    names = list(dict.fromkeys(event.function for event in events))
    listed = ", ".join(f"`{name}`" for name in names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
    row = _row(events, numbers)
    return {
        **row,
        "function": "JAX's own",
        "definition": "",
        "cause": {
            "kind": "own",
            "why": f"Operations outside of jit, such as `jnp.ones` or `x + 1`, are small programs that JAX compiles "
            f"once for each shape: {listed}.",
            "change": "Where they are many, put the code around them under jit, or make constants with NumPy.",
            "avoidable": False,
        },
        "avoidable": 0,
        "avoidable_ms": 0.0,
    }


def record(events: Sequence[Event], seconds: float, watching: bool, error: str | None, dropped: int) -> Record:
    """Return what a watch has seen as the record of its view."""
    first = max(len(events) - MOST_SHOWN, 0)
    table = rows(events)
    for row in table:
        row["events"] = [number - first for number in row["events"] if number >= first]
    return Record(
        "retraces",
        {
            "sentence": sentence(events, watching),
            "rows": table,
            "events": [event.to_dict() for event in events[first:]],
            "left_out": first + dropped,
            "seconds": seconds,
            "watching": watching,
            "error": error,
        },
    )


def text(events: Sequence[Event], watching: bool) -> str:
    """Return the table for a terminal."""
    lines = [sentence(events, watching)]
    for row in rows(events):
        site = row["site"]
        place = f"{site['title']}: {site['text']}" if not row["own"] else "operations outside of jit"
        lines.append(f"\n{row['function']}: {_count(row['count'])}, {row['cost_ms']:,.0f} ms, at {place}")
        lines.append(f"  why: {row['cause']['why']}")
        if row["cause"]["change"]:
            lines.append(f"  change: {row['cause']['change']}")
    return "\n".join(lines)


def _count(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def _times(events: Sequence[Event]) -> str:
    return f"{sum(event.compiles for event in events):,}"


def _ms(events: Sequence[Event]) -> str:
    total = sum(event.cost_ms for event in events)
    return f"{total:,.0f} ms" if total < 10_000 else f"{total / 1000:,.1f} s"


def _sum(values: Any) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
