"""`%%inspect`: run a cell, but look at its last call instead of running it."""

from __future__ import annotations

import ast
from typing import Any

from IPython.core.error import UsageError

from explorer.compiler.inspection import Inspection
from explorer.compiler.inspector import inspector
from explorer.compiler.look import failed

_FUNCTION, _INSPECT = "__explorer_function__", "__explorer_inspect__"
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
    inspect_so = inspector(transform=line.split())
    source = f"\n{shell.transform_cell(cell)}"  # lines count as the notebook does, with the magic's own
    before = ast.parse(source).body
    last = before.pop() if before else None
    if not isinstance(last, ast.Expr) or not isinstance(last.value, ast.Call):
        raise UsageError(NO_CALL)
    file, space, call = shell.compile.cache(source, shell.execution_count), shell.user_ns, last.value
    exec(compile(ast.Module(before, []), file, "exec"), space)
    fn = eval(compile(ast.Expression(call.func), file, "eval"), space)
    names = [ast.copy_location(ast.Name(name, ast.Load()), call) for name in (_INSPECT, _FUNCTION)]
    looked = ast.copy_location(ast.Call(names[0], [names[1], *call.args], call.keywords), call)
    space[_INSPECT], space[_FUNCTION] = inspect_so, fn
    try:
        return eval(compile(ast.Expression(looked), file, "eval"), space)
    except Exception as error:  # the person's own function may raise anything
        return failed(error, fn)
    finally:
        del space[_INSPECT], space[_FUNCTION]
