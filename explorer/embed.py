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
from collections.abc import Callable, Iterable, Mapping
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
style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'">
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ margin: 0 auto; max-width: 1400px; padding: 16px; font-family: system-ui, sans-serif; }}
</style>
</head>
<body>
<main data-jax-explorer data-kind="{kind}" data-ui="{ui}">{still}</main>
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
    picture: Callable[[Mapping[str, Record]], str] | None = None,
) -> str:
    """Return a page that shows these records.

    Args:
      records: by key, as a panel's snapshot gives them.
      kind: what to lay out: "explorer", "run" or "inspection".
      title: of the page, plain text.
      ui: the browser's state to start from.
      picture: draws the records as an SVG, which stands there until the front end has drawn, or where scripts are
        blocked; it is given the records as the page holds them.

    Returns:
      One HTML document.
    """
    shortened = {key: shorten(record) for key, record in records.items()}
    if any(shortened[key] is not record for key, record in records.items()):
        shortened = {key: _says_so(record) for key, record in shortened.items()}
    title = html.escape(_shortened(title))
    still = base64.b64encode(picture(shortened).encode()).decode() if picture else ""
    bundle = resources.files("explorer").joinpath("static/explorer.js").read_text(encoding="utf-8")
    return _PAGE.format(
        title=title,
        kind=html.escape(kind),
        ui=html.escape(json.dumps(_shortened(dict(ui or {})))),
        still=f'<img alt="{title}" src="data:image/svg+xml;base64,{still}">' if still else "",
        records="\n".join(_script(key, record) for key, record in shortened.items()),
        # The bundle must neither end the script that holds it nor hide its end.
        bundle=re.sub("<(?=/script|!--)", r"\\x3c", bundle, flags=re.IGNORECASE),
    )


def inline(record: Record) -> str:
    """Return the record as text: zlib-compressed and in base64, as pages and static hosts hold it."""
    return base64.b64encode(zlib.compress(encode(record), 9)).decode()


def shorten(record: Record) -> Record:
    """Return the record with absolute paths made short in every text; the same record where it has none.

    No line of a text comes or goes. Quoted source code keeps its columns too, so that spans still fit.
    """
    header = _shortened(dict(record.header))
    if "files" in header:  # of source, bad_operation and explanation
        texts = [_covered(file["text"]) for file in record.header["files"]]
        header["files"] = [file | {"text": text} for file, text in zip(header["files"], texts, strict=True)]
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
        return _paths().sub(lambda found: "" if found[1] else "…", value)
    if isinstance(value, Mapping):
        return {k: _shortened(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(v) for v in value]
    return value


def _covered(text: str | None) -> str | None:
    return text and _paths().sub(lambda found: "…" * len(found[0]), text)


def _paths() -> re.Pattern[str]:
    return _paths_of(os.getcwd(), tuple(sys.path))


@cache
def _paths_of(folder: str, modules: tuple[str, ...]) -> re.Pattern[str]:
    package = Path(__file__).resolve().parent.parent
    places = {folder, str(package), str(Path.home()), sys.prefix, sys.base_prefix, tempfile.gettempdir(), *modules}
    places |= {*site.getsitepackages(), site.getusersitepackages(), *sysconfig.get_paths().values()}
    return paths_in(places | {os.path.realpath(place) for place in places if place})


def paths_in(places: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of what to take out of a text, so that its paths tell nothing of the machine.

    It finds these folders; every other person's home; and the folders before any other Python file. Group 1 is the
    separator after the folder, empty where the folder itself is named.

    Args:
      places: absolute paths of folders, of POSIX or Windows.
    """
    separator = r"(?:/|\\{1,2})"  # MLIR and JSON double the backslashes in their strings
    root, name = rf"(?:[A-Za-z]:)?{separator}", r"[^\s\"'<>|*?:/\\]+"
    absolute = {p.rstrip("/\\") for p in places if re.match(root, p)}
    longest_first = sorted(filter(None, absolute), key=len, reverse=True)
    choices = [separator.join(map(re.escape, re.split(r"[/\\]", place))) for place in longest_first]
    choices.append(rf"{root}(?:home|Users){separator}{name}")
    choices.append(rf"{root}(?:{name}{separator})*{name}(?={separator}{name}\.py\b)")
    # In quotes, or as all of a text, names of folders may hold spaces.
    choices.append(rf"(?:(?<=[\"'])|^){root}[^\"'\n]*(?={separator}[^\"'\n/\\]+\.py\b)")
    return re.compile(rf"(?<![\w.)\]-])(?={root})(?:{'|'.join(choices)})(?:({separator})|(?![\w.-]))")
