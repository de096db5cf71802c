"""A still picture of what a panel shows, for where widgets and scripts do not run: records in, one SVG out."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.records import Record
from explorer.views import picture_curves, picture_data, picture_stages, picture_told
from explorer.views.svg import document, path, text

WIDTH, EDGE, TOP, CURVES, FOOT = 760, 20, 70, 260, 34
LIVE = "A still picture. Run this cell in JupyterLab to see it live."
PAGE = "A still picture. The page shows more where scripts may run."
ENDS = {
    "loss": lambda v: f"training loss {v:.3g}",
    "held_out/loss": lambda v: f"held-out loss {v:.3g}",
    "held_out/accuracy": lambda v: f"{v:.1%} of the held-out examples right",
}


def picture(records: Mapping[str, Record]) -> str:
    """Return an SVG: the curves of the runs, or before there are any the model and the data; or an inspection.

    Args:
      records: by key, as a panel's snapshot gives them.
    """
    about = records.get("about")
    title = f"{about.header['title']}: {about.header['subtitle']}" if about else "JAX Explorer"
    inner = WIDTH - 2 * EDGE
    body, height = _body(records, inner)
    head = [text(EDGE, 30, title, 16, bold=True, room=inner - 170), text(EDGE, 50, _state(records), 12, room=inner)]
    if about:
        where = f"{about.header['device']} · jax {about.header['versions'].get('jax', '')}"
        head.append(text(WIDTH - EDGE, 30, where, 11, quiet=True, anchor="end", room=180))
    whole = TOP + height + FOOT
    foot = [
        path(f"M{EDGE} {whole - FOOT + 8:.1f}h{inner}"),
        text(EDGE, whole - 10, LIVE if not about or about.header["live"] else PAGE, 11, quiet=True),
    ]
    return document(WIDTH, whole, f"{title}. {_state(records)}", [*head, *body, *foot])


def _body(records: Mapping[str, Record], inner: float) -> tuple[list[str], float]:
    drawn = picture_curves.curves(records)
    if drawn:
        runs = records.get("runs")
        names = {run["id"]: run["name"] for run in runs.header["runs"]} if runs else {}
        return picture_curves.plot(drawn, names, EDGE, TOP, inner, CURVES), CURVES
    half = (inner - 24) / 2
    sides = [
        draw(records[key], left, TOP, half)
        for key, draw, left in (
            ("model", picture_data.model, EDGE),
            ("data", picture_data.data, EDGE + half + 24),
        )
        if key in records
    ]
    if sides:
        return [piece for side, _ in sides for piece in side], max(height for _, height in sides)
    inspection = next((r for r in records.values() if r.kind == "inspection"), None)
    if inspection is None:
        return picture_told.told(records, EDGE, TOP, inner) or ([], 0)
    name = inspection.header["function"]
    texts = {r.header["stage"]: r for r in records.values() if r.kind == "stage" and r.header["function"] == name}
    return picture_stages.stages(inspection, texts, EDGE, TOP, inner)


def _state(records: Mapping[str, Record]) -> str:
    """Return in a line where the run stands, or what an inspection is of."""
    status = records.get("status")
    if status is None:
        found = next((r for r in records.values() if r.kind == "inspection"), None)
        return f"From {found.header['title']} to what runs on {found.header['device']}" if found else ""
    header = status.header
    known = header["steps"] is not None  # of a loop of somebody's own it may not be
    if header["status"] == "ready":
        return f"Ready to train for {header['steps']:,} steps" if known else "Nothing was recorded yet"
    words = f"{header['status'].capitalize()} at step {header['step']:,}"
    words += f" of {header['steps']:,}" if known else ""
    if header["problem"]:
        return f"{words}. {header['problem']['title']}"
    ends = {c.series: c.values[-1] for c in picture_curves.curves(records, ENDS) if c.run == header["run"]}
    return " · ".join([words, *(say(float(ends[name])) for name, say in ENDS.items() if name in ends)])
