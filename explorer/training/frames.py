"""A run as records: what a view needs to draw it."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from explorer.compiler.problem import problem_of
from explorer.records import Record
from explorer.training.history import Series, decimate
from explorer.training.run import Run
from explorer.training.status import COMMANDS

Cursor = tuple[int, dict[str, int], int]  # cuts seen, last step sent by series, events sent


class Stream:
    """The history of a run as frames, each holding what came after the one before."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def since(self, cursor: Cursor | None, limit: int) -> tuple[Record | None, Cursor]:
        """Return the next frame, or None where there is nothing new.

        Args:
          cursor: what the call before returned; None to start over.
          limit: points of one series at most; more are decimated, keeping spikes and what is not finite.
        """
        history = self.run.history
        with history.lock:
            reset = cursor is None or cursor[0] != history.cuts
            seen = {} if cursor is None or reset else cursor[1]
            known_events = 0 if cursor is None or reset else cursor[2]
            last, buffers = dict(seen), {}
            entries: list[dict[str, str]] = []
            for name, series in history.items():
                steps, values = _after(series, seen.get(name, -1), limit)
                if len(steps):
                    index = len(entries)
                    entries.append({"name": name, "group": series.group})
                    buffers[f"{index}/steps"] = steps.astype(np.uint32)
                    buffers[f"{index}/values"] = values.astype(np.float32)
                    last[name] = int(steps[-1])
            events = [e._asdict() for e in history.events]
            new = (history.cuts, last, len(events))
        if not entries and not reset and len(events) == known_events:
            return None, new
        header = {"run": self.run.id, "reset": reset, "series": entries, "events": events}
        return Record("frame", header, buffers), new


def _after(series: Series, step: int, limit: int) -> tuple[np.ndarray, np.ndarray]:
    start = int(np.searchsorted(series.steps, step, "right"))
    steps, values = series.steps[start:], series.values[start:]
    keep = decimate(steps, values, limit)
    return steps[keep], values[keep]


def status_record(run: Run) -> Record:
    """Return where the run stands, and what made it diverge or fail, where it did."""
    status, rate = run.status, run.steps_per_second  # the status first: a run that has failed has its error
    steps = run.config.steps
    assert steps is not None
    running = status == "running"
    activity = run.activity
    if activity is not None:
        activity = f"{activity[0].upper()}{activity[1:]}"
    problem: Any = None
    if run.divergence is not None:
        problem = divergence_problem(run)
    elif run.error is not None:
        problem = dict(problem_of(run.error, run.setup.model.apply))
    header = {
        "run": run.id,
        "status": status,
        "step": run.step_count,
        "steps": steps,
        "steps_per_second": rate,
        "seconds_left": (steps - run.step_count) / rate if running and rate else None,
        "activity": activity,
        "can": [*COMMANDS[status], *(("reset",) if status != "ready" else ())],
        "problem": problem,
    }
    return Record("status", header)


def divergence_problem(run: Run) -> dict[str, Any]:
    """Return in words what made the run diverge."""
    found = run.divergence
    assert found is not None
    operation = found.operation
    made = operation is not None and operation.file is not None
    return {
        "title": f"Stopped at step {found.step:,}: a number was not finite",
        "text": found.sentence(),
        "where": f"{operation.file}:{operation.line}" if operation is not None and made else None,
        "detail": operation.text if operation is not None and made else None,
        "can_go_back": True,
    }


def parameters_record(run: Run) -> Record:
    """Return the names, shapes and dtypes of the parameters."""
    leaves = jax.tree.leaves(run.setup.params_spec)
    parameters = [
        {
            "name": name,
            "shape": list(leaf.shape),
            "dtype": str(leaf.dtype),
            "size": leaf.size,
            "image": image_of(run, leaf.shape),
        }
        for name, leaf in zip(run.setup.parameters, leaves, strict=True)
    ]
    return Record("parameters", {"run": run.id, "parameters": parameters})


def image_of(run: Run, shape: tuple[int, ...]) -> list[int] | None:
    """Return [height, width] where the first axis of a matrix runs over the pixels of the data's pictures."""
    image = run.setup.dataset.image
    return list(image) if image and len(shape) == 2 and shape[0] == image[0] * image[1] else None
