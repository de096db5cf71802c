"""Whole pages that hold records and the front end, as a saved page does."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from html import escape
from importlib import resources

from explorer.records import Record, encode


def bundle() -> str:
    """Return the front end as it is shipped."""
    return resources.files("explorer").joinpath("static/explorer.js").read_text(encoding="utf-8")


def packed(record: Record) -> str:
    """Return a record as it lies in a page."""
    return base64.b64encode(zlib.compress(encode(record))).decode()


def page_of(records: Mapping[str, Record], kind: str = "explorer", ui: str = "{}", style: str = "") -> str:
    """Return a whole HTML page that holds the records and the front end."""
    scripts = "\n".join(
        f'<script type="application/x-explorer-record" data-key="{escape(key)}">{packed(record)}</script>'
        for key, record in records.items()
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>t</title><style>{style}</style>"
        f"<body><div data-jax-explorer data-kind={kind} data-ui='{escape(ui)}'></div>{scripts}"
        f"<script type=module>{bundle()}</script>"
    )
