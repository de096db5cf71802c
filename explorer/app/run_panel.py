"""The panel of one run: it follows the run, and its buttons command it."""

from __future__ import annotations

import weakref
from typing import Any

from explorer.gradients.at import GradientProbe
from explorer.training.frames import status_record
from explorer.training.run import Run
from explorer.training.script import script_record
from explorer.training.shown import gradient_records
from explorer.training.stream import Stream
from explorer.views.figures import curves_figure
from explorer.views.panel import Panel


def follow(run: Run, panel: Panel) -> None:
    """Keep a panel up to date with its run, and give the run's commands to its buttons, while the panel lives."""
    panel.add_stream(Stream(run.id, run.history))
    seen = weakref.ref(panel)
    probe = GradientProbe(run)

    def changed() -> None:
        shown = seen()
        if shown is not None:
            shown.put("status", status_record(run))
            shown.wake()

    def command(name: str, args: dict[str, Any]) -> None:
        shown = seen()
        if shown is not None and name == "select_parameter" and args.get("parameter") is not None:
            for key, record in gradient_records(probe, (args["parameter"],)).items():
                shown.put(key, record)
        elif shown is not None and name == "script":
            shown.put("script", script_record(run))
        elif name in run.can:
            getattr(run, name)(**args)

    run.subscribe(changed)
    panel.on_command(command)


def plot(run: Run, columns: tuple[str, ...], log: bool) -> Any:
    """Return columns of a run's history as a plotly figure."""
    wanted = columns or tuple(c for c in ("loss", "held_out/loss") if c in run.history.columns)
    curves = {name: (run.history.steps_of(name), run.history.column(name)) for name in wanted}
    return curves_figure(curves, f"{run.setup.model.title} on {run.setup.dataset.title}", log=log)
