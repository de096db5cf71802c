"""Runs kept in folders: config.json, history.npz and the arrays as .npz, all of them readable without us."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import jax
import numpy as np

from explorer.compiler.shown import versions
from explorer.errors import ExplorerError, FieldError
from explorer.training.arrays import read_tree, write_tree
from explorer.training.checkpoints import Checkpoint, Taken
from explorer.training.config import Event, RunConfig, Turn
from explorer.training.divergence import divergence_at
from explorer.training.given import Leaves
from explorer.training.history import History
from explorer.training.precision import precision
from explorer.training.recorder import Recorder
from explorer.training.run import Run
from explorer.training.setup import Setup
from explorer.training.status import STATUSES, Status
from explorer.training.step import Carry

VERSION = 1
CONFIG, HISTORY = "config.json", "history.npz"
_PARTS = ("params", "state", "opt_state")


class SavedError(ExplorerError):
    """What a run raised before it was saved."""


def is_page(path: str | Path) -> bool:
    """Return whether a path names a page; else it names a folder.

    Raises:
      FieldError: it has the ending of another kind of file.
    """
    ending = Path(path).suffix.lower()
    if ending in (".html", ".htm"):
        return True
    if ending[1:].isalpha() or Path(path).is_file():
        raise FieldError("path", f"must be a folder, or end in .html for a page; you gave '{path}'.", "")
    return False


def save_run(run: Run, path: str | Path) -> Path:
    """Write a run into a folder; see `Run.save`."""
    step, carry = run.snapshot()
    history, status = run.history.copy(step), run.status  # what a call recorded meanwhile is left out
    body = {
        "kind": "run",
        "config": json.loads(run.config.to_json()),
        "begun": json.loads(run.begun.to_json()),
        "turns": [list(turn) for turn in run.turns],
        "branched_at": run.branched_at,
        "status": "paused" if status == "running" else status,
        "step": step,
        "rate": run.rate,
        "error": None if run.error is None else f"{type(run.error).__name__}: {run.error}",
    }
    folder = _folder(path)
    for name, tree in zip(_PARTS, carry, strict=True):
        write_tree(folder / f"{name}.npz", tree)
    if run.divergence is not None:
        write_tree(folder / "before_divergence.npz", run.divergence.good)
    return _finish(folder, history, body)


def save_recorder(recorder: Recorder, path: str | Path) -> Path:
    """Write a recorded loop into a folder; see `Recorder.save`."""
    leaves = recorder.measuring.parameters
    listed = zip(leaves.names, leaves.arrays, strict=True) if leaves else ()
    body = {
        "kind": "recording",
        "title": recorder.name,
        "steps": recorder.steps,
        "parameters": [[name, list(array.shape), str(array.dtype)] for name, array in listed],
    }
    return _finish(_folder(path), recorder.history, body)


def load(path: str | Path) -> Run | Recorder:
    """Return a run, or a recorded loop, from the folder that `save` wrote.

    Args:
      path: of the folder.

    Returns:
      The run as it was: a run that was paused can go on, `run.branch(step)` goes back. It shows itself in a notebook;
      `explorer.Explorer(run)` opens it with every choice.

    Raises:
      FieldError: it is no such folder, it was written by another version, or the run needs a model or a data set that
        is not known here (make it known first) or has changed since.
    """
    folder = Path(path)
    if not (folder / CONFIG).is_file():
        raise FieldError("path", f"there is no saved run in '{path}': it holds no {CONFIG}.", "")
    try:
        body = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except ValueError as error:
        raise FieldError("path", f"'{CONFIG}' in '{path}' is not JSON: {error}.", "") from error
    if not isinstance(body, dict) or body.get("version") != VERSION:
        found = body.get("version") if isinstance(body, dict) else None
        raise FieldError("version", f"of '{path}' is {found!r}.", f"This explorer reads version {VERSION}.")
    history = _read_history(folder / HISTORY, body)
    return _recorder(history, body) if body["kind"] == "recording" else _run(folder, history, body)


def _folder(path: str | Path) -> Path:
    folder = Path(path)
    if folder.is_dir() and any(folder.iterdir()) and not (folder / CONFIG).is_file():
        raise FieldError("path", f"'{path}' holds other files already.", "Give a new folder, or one of a saved run.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).unlink(missing_ok=True)  # written last: without it the folder holds no run
    return folder


def _finish(folder: Path, history: History, body: Mapping[str, Any]) -> Path:
    columns: dict[str, Any] = {}
    for name, series in history.items():
        columns[f"{name}:steps"], columns[f"{name}:values"] = series.steps, series.values
    np.savez(folder / HISTORY, **columns)
    more = {
        "groups": {name: series.group for name, series in history.items()},
        "events": [list(event) for event in history.events],
        "versions": versions(),
    }
    part = folder / f".{CONFIG}.part"
    part.write_text(json.dumps({"version": VERSION, **body, **more}, indent=1) + "\n", encoding="utf-8")
    os.replace(part, folder / CONFIG)
    return folder


def _read_history(path: Path, body: Mapping[str, Any]) -> History:
    if not path.is_file():
        raise FieldError("path", f"there is no '{path.name}' in '{path.parent}'.", "")
    history = History()
    with np.load(path, allow_pickle=False) as file:
        for name, group in body["groups"].items():
            history.append(name, group, file[f"{name}:steps"], file[f"{name}:values"])
    history.events[:] = [Event(*event) for event in body["events"]]
    return history


def _recorder(history: History, body: Mapping[str, Any]) -> Recorder:
    recorder = Recorder(body["title"], steps=body["steps"])
    shapes = [jax.ShapeDtypeStruct(shape, dtype) for _, shape, dtype in body["parameters"]]
    if shapes:
        recorder.measuring.parameters = Leaves(tuple(name for name, *_ in body["parameters"]), shapes)
    recorder.take(history)
    return recorder


def _run(folder: Path, history: History, body: Mapping[str, Any]) -> Run:
    config = RunConfig.from_json(json.dumps(body["config"]))
    status, step = body["status"], body["step"]
    if status not in STATUSES:
        raise FieldError("path", f"'{CONFIG}' in '{folder}' says that the run is {status!r}.", "")
    made = Run(config)  # looks everything up and says what is not known here
    carry = _read_carry(folder, made.setup)
    taken = Taken(Checkpoint(step, carry, body["rate"]), history, cast(Status, status))
    run = Run(config, taken=taken)
    run.begun = RunConfig.from_json(json.dumps(body["begun"]))
    run.turns = tuple(Turn(*turn) for turn in body["turns"])
    run.branched_at = body["branched_at"]
    if status == "failed":
        run.error = SavedError(body["error"])
    if status == "diverged":
        good = read_tree(folder / "before_divergence.npz", jax.eval_shape(made.setup.initial))
        with precision(config.dtype), jax.default_device(run.setup.device):
            run.divergence = divergence_at(run.setup, _placed(good, run.setup), run.batch_after(step - 1), step)
    return run


def _read_carry(folder: Path, setup: Setup) -> Carry:
    like = jax.eval_shape(setup.initial)
    parts = [read_tree(folder / f"{name}.npz", tree) for name, tree in zip(_PARTS, like, strict=True)]
    return _placed(Carry(*parts), setup)


def _placed(carry: Any, setup: Setup) -> Carry:
    with precision(setup.config.dtype):
        return cast(Carry, jax.device_put(carry, setup.device))
