"""Runs the notebooks and writes their outputs into them. Run: python tests/notebooks/refresh.py

What is kept is what a reader sees before running anything, on GitHub or Binder: printed text and still pictures.
Widgets, interactive figures and times are left out: they need a kernel, or are large, or differ at every run.
"""

from __future__ import annotations

from typing import Any

import nbformat
from execution import PATHS, code_cells, run

KEPT = ("text/html", "text/plain")


def kept(output: Any) -> Any | None:
    """Return what of an output is saved, or None."""
    if output.output_type == "stream":
        return output if output.name == "stdout" else None
    data = {kind: output.data[kind] for kind in KEPT if kind in output.data}
    if "text/html" not in data:
        return None
    return nbformat.v4.new_output("display_data", data)


def main() -> None:
    """Refresh every notebook."""
    for path in PATHS:
        notebook = run(path)
        for cell in code_cells(notebook):
            cell.outputs = [output for output in map(kept, cell.outputs) if output is not None]
            cell.execution_count = None
            cell.metadata.pop("execution", None)
        notebook.metadata.pop("widgets", None)
        notebook.metadata["language_info"] = {"name": "python"}
        nbformat.write(notebook, path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
