"""Runs a notebook as nbclient does: a fresh kernel, and no front end that could draw a widget."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"
IMPORTS = "import jax, optax, ipywidgets, anywidget, explorer; explorer.Explorer, explorer.train, explorer.inspect"
# What works in the background is done within some seconds after the last cell, and its threads are gone.
NOTHING_LEFT = """
import threading, time
busy = lambda: [thread.name for thread in threading.enumerate() if thread.name.startswith("explorer")]
end = time.monotonic() + 20
while busy() and time.monotonic() < end:
    time.sleep(0.1)
assert not busy(), busy()
"""


def run(path: Path) -> nbformat.NotebookNode:
    """Return the notebook with the outputs of its cells, which a cell that only imports goes before.

    Raises:
      nbclient.exceptions.CellExecutionError: a cell raised, or took two minutes, or left a thread of ours behind.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(IMPORTS))
    notebook.cells.append(nbformat.v4.new_code_cell(NOTHING_LEFT))
    client = NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(FOLDER)}}, store_widget_state=False
    )
    client.execute()
    del notebook.cells[0], notebook.cells[-1]
    return notebook


def code_cells(notebook: nbformat.NotebookNode) -> list[Any]:
    """Return its cells that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def pictures(cell: Any) -> list[str]:
    """Return each picture of a cell's outputs in base64."""
    found = re.compile(r'<img alt="[^"]+" src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)">')
    return [source for output in cell.outputs for source in found.findall(output.get("data", {}).get("text/html", ""))]
