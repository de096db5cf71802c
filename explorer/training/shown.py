"""What shows a run: its records, and those that a page holds besides."""

from __future__ import annotations

import jax

from explorer.catalog.pictures import data_record, model_record
from explorer.gradients.at import GradientProbe
from explorer.gradients.summary import gradient_record
from explorer.records import Record
from explorer.training.config import Event, Turn
from explorer.training.frames import image_of, parameters_record, status_record
from explorer.training.functions import functions_of
from explorer.training.names import names
from explorer.training.precision import precision
from explorer.training.run import Run
from explorer.training.stream import PAGE_POINTS, Stream


def setup_records(run: Run) -> dict[str, Record]:
    """Return what a run is made of, by key: the model, the data and the parameters."""
    setup = run.setup
    with precision(setup.config.dtype):
        predict = functions_of(setup)["model"]
        outputs = jax.eval_shape(predict.call, *predict.arguments)
    inputs = {name: setup.spec[name] for name in setup.dataset.inputs}
    return {
        "model": model_record(setup.model, setup.params_spec, inputs, outputs),
        "data": data_record(setup.dataset),
        "parameters": parameters_record(run),
    }


def runs_record(runs: list[Run]) -> Record:
    """Return the runs that are shown, the last of them the current one, named by what differs."""
    called = names([run.begun for run in runs], [_changes(run) for run in runs])
    listed = [
        {"id": run.id, "name": name, "status": run.status, "summary": f"{run.step_count:,} steps"}
        for run, name in zip(runs, called, strict=True)
    ]
    return Record("runs", {"runs": listed, "current": runs[-1].id})


def _changes(run: Run) -> list[Event | Turn]:
    """Return what changed while a run went on, in order; of a branch that nothing changed yet, where it began."""
    found: list[Event | Turn] = sorted([*run.turns, *run.events], key=lambda change: change.step)
    at = run.branched_at
    if at is not None and not any(change.step >= at for change in found):
        found.insert(0, Turn(at, "", None))
    return found


def gradient_records(probe: GradientProbe, parameters: tuple[str, ...]) -> dict[str, Record]:
    """Return the gradient of these parameters where the run stands now, by key."""
    found, run = probe(), probe.run
    records = {}
    for name in parameters:
        values = found.values[name]
        image = image_of(run, values.shape)
        records[f"gradient/{name}"] = gradient_record(run.id, found.step, name, values, image)
    return records


def records_of(run: Run) -> dict[str, Record]:
    """Return what a panel of one run shows; its curves come as a stream."""
    return {**setup_records(run), "status": status_record(run), "runs": runs_record([run])}


def page_records_of(run: Run) -> dict[str, Record]:
    """Return what a page of one run shows: its curves and gradients too."""
    frame, _ = Stream(run.id, run.history).since(None, PAGE_POINTS)
    assert frame is not None  # the first one always comes, to say that what was there is to be forgotten
    gradients = gradient_records(GradientProbe(run), run.setup.parameters) if run.error is None else {}
    return {**records_of(run), "frame/0": frame, **gradients}
