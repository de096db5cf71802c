"""The magics of a notebook: `%load_ext explorer`, then `%%inspect`."""

from __future__ import annotations

import ast
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, magics_class

from explorer.compiler.inspection import Inspection
from explorer.compiler.inspector import inspector
from explorer.compiler.look import failed

_FUNCTION, _INSPECT = "__explorer_function__", "__explorer_inspect__"


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

        Words after %%inspect are transformations, the first applied first. What the function raises while it is
        traced is shown in the panel, at its line; what the cell raises before is raised.
        """
        inspect_so = inspector(transform=line.split())
        *before, last = self._statements(cell)
        file = self.shell.compile.cache(cell, self.shell.execution_count)
        space = self.shell.user_ns
        exec(compile(ast.Module(before, []), file, "exec"), space)
        call = last.value  # a call, as `_statements` made sure
        fn = eval(compile(ast.Expression(call.func), file, "eval"), space)
        space[_INSPECT], space[_FUNCTION] = inspect_so, fn
        looked = ast.Call(
            ast.copy_location(ast.Name(_INSPECT, ast.Load()), call),
            [ast.copy_location(ast.Name(_FUNCTION, ast.Load()), call), *call.args],
            call.keywords,
        )
        try:
            return eval(compile(ast.Expression(ast.copy_location(looked, call)), file, "eval"), space)
        except Exception as error:  # the person's own function may raise anything
            return failed(error, fn)
        finally:
            del space[_INSPECT], space[_FUNCTION]

    def _statements(self, cell: str) -> list[Any]:
        """Return the statements of a cell, the last of them a call."""
        statements = ast.parse(self.shell.transform_cell(cell)).body
        last = statements[-1] if statements else None
        if not isinstance(last, ast.Expr) or not isinstance(last.value, ast.Call):
            raise UsageError(
                "%%inspect needs a call as the cell's last line, such as f(x, y): that is what it looks at."
            )
        return list(statements)
