"""A run as records: what a view needs to draw it."""

from __future__ import annotations

from typing import Any

import jax

from explorer.compiler.problem import problem_of
from explorer.records import Record
from explorer.training.run import Run
from explorer.training.status import COMMANDS

KERNEL = 16  # height and width of a kernel, in a parameter of height, width, inputs and outputs, at most


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
        "can": [*COMMANDS[status], *(("reset",) if status != "ready" else ()), "script"],
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
    """Return [height, width] of the pictures in a parameter: its kernels, or an axis over the data's pixels."""
    if len(shape) == 4 and shape[0] == shape[1] <= KERNEL:
        return [shape[0], shape[1]]
    image = run.setup.dataset.image
    return list(image) if image and len(shape) == 2 and image[0] * image[1] in shape else None
