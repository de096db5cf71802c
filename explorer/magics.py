"""The magics of a notebook: `%load_ext explorer`, then `%%inspect`, `%%watch` and `%%explain`."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.display import display

from explorer.cell import Cell
from explorer.compiler.explain.explaining import SECONDS, explain
from explorer.compiler.explain.explanation import Explanation
from explorer.compiler.inspection import Inspection
from explorer.compiler.watch.watcher import Watcher, watch
from explorer.errors import FieldError
from explorer.inspect_magic import inspect_cell


def load_ipython_extension(shell: Any) -> None:
    """Register the magics; called by `%load_ext explorer`."""
    shell.register_magics(ExplorerMagics)


@magics_class
class ExplorerMagics(Magics):
    """The explorer's cell magics."""

    @cell_magic
    def inspect(self, line: str, cell: str) -> Inspection:
        """Run a cell, but inspect its last expression, a call such as `f(x, y)`, instead of running it.

            %%inspect grad jit
            f(w, x)

        Words after %%inspect are transformations, the first applied first.
        """
        __tracebackhide__ = True
        return inspect_cell(self.shell, line, cell)

    @cell_magic
    def watch(self, line: str, cell: str) -> Watcher:
        """Run a cell and show what JAX traced and compiled in it, and why, below what its last expression gives."""
        __tracebackhide__ = True
        code = Cell(self.shell, "%%watch", cell)
        watched = watch()
        try:
            with watched:
                code.run()
                value = None if code.last is None else code.value(code.last)
                if value is not None and not code.silent:
                    display(value)
        except BaseException:
            display(watched)
            raise
        return watched

    @cell_magic
    def explain(self, line: str, cell: str) -> Explanation:
        """Run a cell as a program of its own up to its first fault, and show what is wrong at its line.

        A number after %%explain is how many seconds it may run.
        """
        try:
            seconds = float(line) if line.strip() else SECONDS
        except ValueError:
            raise FieldError(
                "%%explain", f"takes a number of seconds, or nothing; you gave '{line.strip()}'.", ""
            ) from None
        return explain(f"\n{cell}", seconds=seconds)
