"""`%%inspect`: run a cell, but look at its last call instead of running it."""

from __future__ import annotations

import ast
from typing import Any

from IPython.core.error import UsageError

from explorer.cell import Cell
from explorer.compiler.inspection import Inspection
from explorer.compiler.inspector import inspector
from explorer.compiler.look import failed

NO_CALL = "%%inspect needs a call as the cell's last line, such as f(x, y): that is what it looks at."


def inspect_cell(shell: Any, line: str, cell: str) -> Inspection:
    """Run a cell in a shell of IPython, but inspect its last expression.

    Args:
      shell: the shell; its namespace is the cell's.
      line: names of transformations, the first applied first.
      cell: whose last expression is a call, such as `f(x, y)`.

    Returns:
      The inspection. What the function raises while it is traced is its problem; what the cell raises before is
      raised.
    """
    __tracebackhide__ = True
    inspect_so = inspector(transform=line.split())
    code = Cell(shell, f"%%inspect {line}", cell)
    call = code.last
    if not isinstance(call, ast.Call):
        raise UsageError(NO_CALL)
    code.run()
    fn = code.value(call.func)
    args, kwargs = code.value(_arguments(call))
    try:
        return inspect_so(fn, *args, **kwargs)
    except Exception as error:  # the person's own function may raise anything
        return failed(error, fn)


def _arguments(call: ast.Call) -> ast.expr:
    """Return an expression of what a call gives, in the call's own place: (args, kwargs)."""
    taken = ast.parse("lambda *args, **kwargs: (args, kwargs)", mode="eval").body
    return ast.copy_location(ast.Call(taken, call.args, call.keywords), call)
