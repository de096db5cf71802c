"""Records as one self-contained HTML page: no kernel, no network.

The page holds every record compressed and inline, and the front end's bundle. Whatever it shows is escaped by
construction: records are base64, and the few words that stand in the page itself are escaped here. Absolute paths are
shortened in every text, and the page says so.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import site
import sys
import sysconfig
import tempfile
import zlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from explorer.records import Record, encode

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline' blob: data:; \
style-src 'unsafe-inline'; img-src data: blob:; font-src data:">
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ margin: 0 auto; max-width: 1400px; padding: 16px; font-family: system-ui, sans-serif; }}
</style>
</head>
<body>
<main data-jax-explorer data-kind="{kind}" data-ui="{ui}">{fallback}</main>
{records}
<script type="module">
{bundle}
</script>
</body>
</html>
"""


def page(
    records: Mapping[str, Record],
    *,
    kind: str,
    title: str,
    ui: Mapping[str, Any] | None = None,
    fallback: str = "",
) -> str:
    """Return a page that shows these records.

    Args:
      records: by key, as a panel's snapshot gives them.
      kind: what to lay out: "explorer", "run" or "inspection".
      title: of the page, plain text.
      ui: the browser's state to start from.
      fallback: HTML that stands there until the front end has drawn, or where scripts are blocked.

    Returns:
      One HTML document.
    """
    shortened = {key: shorten(record) for key, record in records.items()}
    if any(shortened[key] is not record for key, record in records.items()):
        shortened = {key: _says_so(record) for key, record in shortened.items()}
    bundle = resources.files("explorer").joinpath("static/explorer.js").read_text(encoding="utf-8")
    return _PAGE.format(
        title=html.escape(title),
        kind=html.escape(kind),
        ui=html.escape(json.dumps(dict(ui or {}))),
        fallback=fallback,
        records="\n".join(_script(key, record) for key, record in shortened.items()),
        # The bundle must not end the script that holds it.
        bundle=re.sub(r"</(?=script)", r"<\\/", bundle, flags=re.IGNORECASE),
    )


def inline(record: Record) -> str:
    """Return the record as text: zlib-compressed and in base64, as pages and static hosts hold it."""
    return base64.b64encode(zlib.compress(encode(record), 9)).decode()


def shorten(record: Record) -> Record:
    """Return the record with absolute paths made short in every text; the same record where it has none."""
    header = _shortened(dict(record.header))
    buffers = {name: _shortened(b) if isinstance(b, str) else b for name, b in record.buffers.items()}
    same = header == dict(record.header) and all(
        buffers[n] == b for n, b in record.buffers.items() if not isinstance(b, np.ndarray)
    )
    return record if same else Record(record.kind, header, buffers)


def _script(key: str, record: Record) -> str:
    return f'<script type="application/x-explorer-record" data-key="{html.escape(key)}">{inline(record)}</script>'


def _says_so(record: Record) -> Record:
    if record.kind != "about":
        return record
    subtitle = f"{record.header['subtitle']} · paths shortened in this page"
    return Record("about", {**record.header, "subtitle": subtitle})


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return _prefixes().sub("", value)
    if isinstance(value, Mapping):
        return {k: _shortened(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(v) for v in value]
    return value


@cache
def _prefixes() -> re.Pattern[str]:
    package = Path(__file__).resolve().parent.parent
    places = {os.getcwd(), str(package), str(Path.home()), sys.prefix, sys.base_prefix, tempfile.gettempdir()}
    places |= {*site.getsitepackages(), site.getusersitepackages(), *sysconfig.get_paths().values()}
    longest_first = sorted({p.rstrip("/\\") for p in places if len(p) > 1}, key=len, reverse=True)
    return re.compile("|".join(re.escape(p) + r"[/\\]" for p in longest_first))
