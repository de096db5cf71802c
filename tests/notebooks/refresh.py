"""Runs the notebooks and writes their outputs into them. Run: python tests/notebooks/refresh.py [NAME]

What is kept is what was printed. Everything else stays out: widgets need a kernel, figures are large, times differ, and
JupyterLab distrusts a notebook that comes with rich outputs of cells that were not run here: after a reload it would
show a still picture where the reader had a live widget. What the widget looks like, a picture in the text shows; see
pictures.py.
"""

from __future__ import annotations

import sys

import nbformat
from execution import PATHS, code_cells, run


def main(names: list[str]) -> None:
    """Refresh the notebooks of these names; all, where there is none."""
    for path in (path for path in PATHS if path.stem in names or not names):
        notebook = run(path)
        for cell in code_cells(notebook):
            cell.outputs = [o for o in cell.outputs if o.output_type == "stream" and o.name == "stdout"]
            cell.execution_count = None
            cell.metadata.pop("execution", None)
        notebook.metadata.pop("widgets", None)
        notebook.metadata["language_info"] = {"name": "python"}
        nbformat.write(notebook, path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
