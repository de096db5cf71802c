"""How what computes shows itself, and how it becomes a page."""

from __future__ import annotations

import base64
import html
import importlib
import weakref
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from explorer import embed
from explorer.app.worker import Worker
from explorer.compiler.glossary.record import every_word, words_in
from explorer.compiler.shown import versions
from explorer.display import Shown
from explorer.errors import FieldError
from explorer.records import Record
from explorer.views.panel import Panel
from explorer.views.picture import picture

WIDGET = "application/vnd.jupyter.widget-view+json"


def bundle_of(thing: Shown) -> dict[str, Any]:
    """Return the MIME bundle of a panel that shows a thing, and follows it where it changes."""
    panel = Panel(thing.kind, ui=thing.ui, title=thing.title)
    for key, record in with_about(thing, thing.first_records()).items():
        panel.put(key, record)
    give_page(panel, lambda: thing)
    give_words(panel)
    if thing.follows is not None:
        importlib.import_module(thing.follows).follow(thing, panel)
    return picture_bundle(panel, panel.snapshot())


def give_page(panel: Panel, shown: Callable[[], Shown]) -> None:
    """Answer a panel's "Save as a page": with what it shows then, made in a thread, for the browser to save."""
    seen = weakref.ref(panel)

    def failed(error: Exception) -> None:
        live = seen()
        if live is not None:
            live.failed("The page could not be made", error)

    def make() -> None:
        live, thing = seen(), shown()
        if live is not None:
            page = page_of(with_about(thing, thing.page_records()), kind=thing.kind, ui=dict(live.ui))
            live.put("page", Record("page", {"name": f"jax-explorer-{thing.kind}.html"}, {"html": page}))

    worker = Worker("page", failed)
    panel.on_command(lambda *_: worker.submit("page", make), only="save_page")


def give_words(panel: Panel) -> None:
    """Answer a panel that asks what the words of its texts mean, once somebody rests on one."""
    seen = weakref.ref(panel)

    def give() -> None:
        live = seen()
        if live is not None:
            live.put("glossary", every_word())

    panel.on_command(lambda *_: give(), only="words")


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


def save(thing: Shown, path: str | Path) -> Path:
    """Write a thing as one HTML page; returns the path."""
    return write(path, page_of(with_about(thing, thing.page_records()), kind=thing.kind, ui=thing.ui))


def with_about(thing: Shown, records: Mapping[str, Record]) -> dict[str, Record]:
    """Return records with the header of their panel."""
    return {"about": about_record(thing.subtitle, thing.device), **records}


def page_of(records: Mapping[str, Record], *, kind: str, ui: Mapping[str, Any]) -> str:
    """Return the page of what a panel shows, with what its words mean; notices and dialogs stay behind."""
    kept = {k: r for k, r in records.items() if r.kind not in ("notice", "page", "glossary")}
    stages = [r for r in kept.values() if r.kind == "stage"]
    if stages:
        languages = sorted({r.header["language"] for r in stages})
        kept["glossary"] = words_in(
            {name: [str(r.buffers["text"]) for r in stages if r.header["language"] == name] for name in languages}
        )
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
    here = {**versions(), "optax": version("optax"), "explorer": version("jax-explorer")}
    header = {
        "title": "JAX Explorer",
        "subtitle": subtitle,
        "device": device,
        "versions": here,
        "live": True,
    }
    return Record("about", header)
