"""A race as records: what a view needs to draw it."""

from __future__ import annotations

from typing import Any

from explorer.compiler.problem import problem_of
from explorer.records import Record
from explorer.training.race.race import Race
from explorer.training.race.standing import BY_STEPS, BY_TIME
from explorer.training.stream import PAGE_POINTS, Stream


def records_of(race: Race) -> dict[str, Record]:
    """Return what a panel shows; the curves come as streams."""
    return {"status": status_record(race), "runs": _runs(race), "race": race_record(race)}


def page_records_of(race: Race) -> dict[str, Record]:
    """Return what a page shows: the curves too."""
    frames = {}
    for index, lane in enumerate(race.lanes):
        frame, _ = Stream(lane.id, lane.history).since(None, PAGE_POINTS)
        assert frame is not None  # the first one always comes
        frames[f"frame/{index}"] = frame
    return {**records_of(race), **frames}


def status_record(race: Race) -> Record:
    """Return how far the race is."""
    activity = race.activity
    problem: Any = dict(problem_of(race.error)) if race.error is not None else None
    header = {
        "run": race.id,
        "status": race.status,
        "step": race.taken,
        "steps": race.total,
        "steps_per_second": None,
        "seconds_left": None,
        "activity": f"{activity[0].upper()}{activity[1:]}" if activity else None,
        "can": [*race.can],
        "problem": problem,
    }
    return Record("status", header)


def race_record(race: Race) -> Record:
    """Return how they stand, by which rules, and how it was run."""
    header = {
        "rows": [dict(row) for row in race.table()],
        "lanes": [{"id": lane.id, "name": lane.name} for lane in race.lanes],
        "steps": race.steps,
        "seeds": race.seeds,
        "rules": [BY_STEPS, BY_TIME],
        "fair": race.fair,
        "how": race.how if race.status == "finished" else None,
        "tuned": _tuned(race),
    }
    return Record("race", header)


def _tuned(race: Race) -> str | None:
    if not any(lane.test for lane in race.lanes):
        return None
    return "Each learning rate is what a range test suggests: a tenth of the rate at which the loss was lowest."


def _runs(race: Race) -> Record:
    listed = [
        {"id": lane.id, "name": lane.name, "status": "", "summary": f"{len(lane.runs)} of {race.seeds} seeds"}
        for lane in race.lanes
    ]
    return Record("runs", {"runs": listed, "current": race.lanes[-1].id})
