"""A recorded loop as records: what a view needs to draw it."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from explorer.catalog.pictures import parameter_groups
from explorer.compiler.problem import problem_of
from explorer.gradients.summary import gradient_record
from explorer.records import Record
from explorer.training.given import Leaves
from explorer.training.recorder import Recorder
from explorer.training.stream import PAGE_POINTS, Stream


def records_of(recorder: Recorder) -> dict[str, Record]:
    """Return what a panel shows; its curves come as a stream."""
    leaves = recorder.measuring.parameters
    return {
        **({} if leaves is None else {"model": _model(leaves), "parameters": _parameters(recorder.id, leaves)}),
        **{f"notice/{field}": _notice(field, text) for field, text in recorder.problems.items()},
        "status": status_record(recorder),
        "runs": _runs(recorder),
    }


def page_records_of(recorder: Recorder) -> dict[str, Record]:
    """Return what a page shows: its curves and gradients too."""
    frame, _ = Stream(recorder.id, recorder.kept).since(None, PAGE_POINTS)
    assert frame is not None  # the first one always comes
    return {**records_of(recorder), "frame/0": frame, **gradient_records(recorder)}


def status_record(recorder: Recorder) -> Record:
    """Return how far the loop is."""
    rate, steps, step = recorder.steps_per_second, recorder.steps, recorder.step_count
    recording = recorder.status in ("recording", "running")
    header = {
        "run": recorder.id,
        "status": recorder.status,
        "step": step,
        "steps": steps,
        "steps_per_second": rate,
        "seconds_left": max(0, steps - step) / rate if recording and steps and rate else None,
        "activity": None,
        "can": [*recorder.can],
        "problem": _problem(recorder),
    }
    return Record("status", header)


def _problem(recorder: Recorder) -> dict[str, Any] | None:
    if recorder.error is not None:
        return dict(problem_of(recorder.error, getattr(recorder, "function", None)))
    if recorder.problem is None:
        return None
    title, text = recorder.problem
    return {"title": title, "text": text, "where": None, "detail": None}


def gradient_records(recorder: Recorder, parameter: str | None = None) -> dict[str, Record]:
    """Return the values of the gradient that was measured last, by key; what the loop gave away since is left out.

    Args:
      recorder: of the loop.
      parameter: the one that is meant; None for all.
    """
    if recorder.measuring.gradient is None:
        return {}
    step, leaves = recorder.measuring.gradient
    records = {}
    for name, array in zip(leaves.names, leaves.arrays, strict=True):
        if parameter in (None, name) and not (isinstance(array, jax.Array) and array.is_deleted()):
            records[f"gradient/{name}"] = gradient_record(recorder.id, step, name, np.asarray(array, np.float32))
    return records


def _runs(recorder: Recorder) -> Record:
    listed = {"id": recorder.id, "name": recorder.name, "status": recorder.status}
    summary = f"step {recorder.step_count:,}"
    return Record("runs", {"runs": [{**listed, "summary": summary}], "current": recorder.id})


def _parameters(run: str, leaves: Leaves) -> Record:
    parameters = [
        {"name": name, "shape": list(array.shape), "dtype": str(array.dtype), "size": array.size, "image": None}
        for name, array in zip(leaves.names, leaves.arrays, strict=True)
    ]
    return Record("parameters", {"run": run, "parameters": parameters})


def _model(leaves: Leaves) -> Record:
    header = {
        "name": "yours",
        "title": "Your parameters",
        "summary": "What the loop gave as params, else as grads, by its place in the pytree.",
        "layers": parameter_groups(leaves.names, leaves.arrays),
        "count": sum(array.size for array in leaves.arrays),
    }
    return Record("model", header)


def _notice(field: str, text: str) -> Record:
    header = {"level": "error", "title": f"{field}: not recorded", "text": text, "where": None, "detail": None}
    return Record("notice", header)
