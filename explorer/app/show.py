"""How an explorer, a run and an inspection show themselves, and how each becomes a page."""

from __future__ import annotations

import base64
import html
import platform
import weakref
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jaxlib
import optax

from explorer import embed
from explorer.catalog import targets
from explorer.catalog.pictures import data_record, model_record
from explorer.compiler.inspection import Inspection
from explorer.errors import FieldError
from explorer.gradients.at import GradientProbe
from explorer.gradients.summary import gradient_record
from explorer.records import Record
from explorer.training.frames import Stream, image_of, parameters_record, status_record
from explorer.training.functions import functions_of
from explorer.training.names import names
from explorer.training.precision import precision
from explorer.training.run import Run
from explorer.views.figures import curves_figure
from explorer.views.panel import Panel
from explorer.views.picture import picture

PAGE_POINTS = 20_000  # of one series in a page
WIDGET = "application/vnd.jupyter.widget-view+json"


def bundle_of(thing: Run | Inspection) -> dict[str, Any]:
    """Return the MIME bundle of a run or an inspection."""
    panel = Panel(_kind(thing), ui=_ui(thing), title=_title(thing))
    for key, record in _records(thing).items():
        panel.put(key, record)
    if isinstance(thing, Run):
        stream = Stream(thing)
        panel.add_stream(stream)
        _follow(thing, panel)
    return picture_bundle(panel, panel.snapshot())


def picture_bundle(panel: Panel, records: Mapping[str, Record]) -> dict[str, Any]:
    """Return a widget's MIME bundle with a still picture for where widgets do not run."""
    image = base64.b64encode(picture(records).encode()).decode()
    words = html.escape(repr(panel))
    return {
        "text/plain": repr(panel),
        # an image: sanitisers of untrusted notebooks drop scripts and inline SVG, but leave this
        "text/html": f'<img alt="{words}" src="data:image/svg+xml;base64,{image}">',
        WIDGET: {"version_major": 2, "version_minor": 0, "model_id": panel.model_id},
    }


def save(thing: Run | Inspection, path: str | Path) -> Path:
    """Write a run or an inspection as one HTML page; returns the path."""
    records = dict(_records(thing))
    if isinstance(thing, Run):
        records |= _frames(thing) | _gradients(thing)
    return write(path, page_of(records, kind=_kind(thing), ui=_ui(thing)))


def plot(run: Run, columns: tuple[str, ...], log: bool) -> Any:
    """Return columns of a run's history as a plotly figure."""
    wanted = columns or tuple(c for c in ("loss", "held_out/loss") if c in run.history.columns)
    curves = {name: (run.history.steps_of(name), run.history.column(name)) for name in wanted}
    return curves_figure(curves, f"{run.setup.model.title} on {run.setup.dataset.title}", log=log)


def page_of(records: Mapping[str, Record], *, kind: str, ui: Mapping[str, Any]) -> str:
    """Return the page of what a panel shows; notices and dialogs stay behind."""
    kept = {k: r for k, r in records.items() if r.kind not in ("notice", "page")}
    about = kept.get("about")
    title = f"{about.header['title']}: {about.header['subtitle']}" if about else "JAX Explorer"
    if about:
        kept["about"] = Record("about", {**about.header, "live": False})
    return embed.page(kept, kind=kind, title=title, ui=ui, picture=picture)


def write(path: str | Path, text: str) -> Path:
    """Write a page.

    Raises:
      FieldError: the path does not end in .html, or its folder is not there.
    """
    target = Path(path)
    if target.suffix.lower() not in (".html", ".htm"):
        raise FieldError("path", f"must end in .html; you gave '{path}'.", "")
    if not target.parent.is_dir():
        raise FieldError("path", f"there is no folder '{target.parent}'.", "")
    target.write_text(text, encoding="utf-8")
    return target


def about_record(subtitle: str, device: str) -> Record:
    """Return the header of a panel: what it shows, where it runs, and the versions."""
    versions = {
        "jax": jax.__version__,
        "jaxlib": jaxlib.__version__,
        "optax": optax.__version__,
        "python": platform.python_version(),
        "explorer": version("jax-explorer"),
    }
    header = {
        "title": "JAX Explorer",
        "subtitle": subtitle,
        "device": device,
        "versions": versions,
        "live": True,
    }
    return Record("about", header)


def setup_records(run: Run) -> dict[str, Record]:
    """Return what a run is made of, by key: its header, the model, the data and the parameters."""
    setup = run.setup
    with precision(setup.config.dtype):
        predict = functions_of(setup)["model"]
        outputs = jax.eval_shape(predict.call, *predict.arguments)
    inputs = {name: setup.spec[name] for name in setup.dataset.inputs}
    subtitle = f"{setup.model.title} on {setup.dataset.title}"
    return {
        "about": about_record(subtitle, targets.describe(setup.config.device)["title"]),
        "model": model_record(setup.model, setup.params_spec, inputs, outputs),
        "data": data_record(setup.dataset),
        "parameters": parameters_record(run),
    }


def runs_record(runs: list[Run]) -> Record:
    """Return the runs that are shown, the last of them the current one, named by what differs."""
    called = names([run.config for run in runs], [run.events for run in runs])
    listed = [
        {"id": run.id, "name": name, "status": run.status, "summary": f"{run.step_count:,} steps"}
        for run, name in zip(runs, called, strict=True)
    ]
    return Record("runs", {"runs": listed, "current": runs[-1].id})


def gradient_records(probe: GradientProbe, parameters: tuple[str, ...]) -> dict[str, Record]:
    """Return the gradient of these parameters where the run stands now, by key."""
    found, run = probe(), probe.run
    records = {}
    for name in parameters:
        values = found.values[name]
        image = image_of(run, values.shape)
        records[f"gradient/{name}"] = gradient_record(run.id, found.step, name, values, image)
    return records


def _kind(thing: Run | Inspection) -> str:
    return "run" if isinstance(thing, Run) else "inspection"


def _ui(thing: Run | Inspection) -> dict[str, Any]:
    return {"tab": "learn"} if isinstance(thing, Run) else {"tab": "compile", "function": "function"}


def _title(thing: Run | Inspection) -> str:
    return f"Run {thing.id}" if isinstance(thing, Run) else f"Inspection of {thing.name}"


def _records(thing: Run | Inspection) -> dict[str, Record]:
    if isinstance(thing, Run):
        return {**setup_records(thing), "status": status_record(thing), "runs": runs_record([thing])}
    listed = [{"name": "function", "title": thing.name, "help": ""}]
    functions = {"functions": listed, "current": "function", "device": thing.device}
    return {
        "about": about_record(f"What jit made of {thing.name}", thing.device),
        "functions": Record("functions", functions),
        **thing.records("function"),
    }


def _frames(run: Run) -> dict[str, Record]:
    frame, _ = Stream(run).since(None, PAGE_POINTS)
    assert frame is not None  # the first one always comes, to say that what was there is to be forgotten
    return {"frame/0": frame}


def _gradients(run: Run) -> dict[str, Record]:
    return gradient_records(GradientProbe(run), run.setup.parameters) if run.error is None else {}


def _follow(run: Run, panel: Panel) -> None:
    """Keep a panel up to date with its run, and give the run's commands to its buttons, while the panel lives."""
    seen = weakref.ref(panel)
    probe = GradientProbe(run)

    def changed() -> None:
        shown = seen()
        if shown is not None:
            shown.put("status", status_record(run))
            shown.wake()

    def command(name: str, args: dict[str, Any]) -> None:
        if name == "select_parameter" and args.get("parameter") is not None:
            for key, record in gradient_records(probe, (args["parameter"],)).items():
                panel.put(key, record)
        elif name in run.can:
            getattr(run, name)(**args)

    run.subscribe(changed)
    panel.on_command(command)
