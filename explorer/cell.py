"""The code of a notebook's cell under a magic of ours: run in the shell's namespace, with the cell's own lines."""

from __future__ import annotations

import ast
import inspect
from typing import Any

from IPython.core.error import UsageError


class Cell:
    """A cell's statements but the last, and its last expression.

    It is compiled as IPython compiles a cell: with the shell's own `from __future__` lines, none of ours. Lines count
    as the notebook does, with the magic's own as the first.

    Args:
      shell: the shell of IPython in whose namespace it runs.
      magic: the magic's line, such as "%%watch".
      text: the rest of the cell.

    last: the last statement's expression; None where the last statement is none.
    silent: whether the cell ends with a semicolon, which shows nothing in IPython.

    Raises:
      UsageError: the cell awaits something itself.
    """

    def __init__(self, shell: Any, magic: str, text: str) -> None:
        self._shell = shell
        self._magic = magic.split()[0]
        source = f"# {magic.strip()}\n{shell.transform_cell(text)}"
        self.silent = text.rstrip().endswith(";")
        # The number that the notebook gives this cell: IPython 9 counts on before it runs, IPython 8 afterwards.
        self._file = shell.compile.cache(source, max(len(shell.history_manager.input_hist_parsed) - 1, 1))
        body = shell.compile.ast_parse(source, self._file).body
        self.last = body.pop().value if body and isinstance(body[-1], ast.Expr) else None
        self._code = self._compiled(ast.Module(body, []), "exec")
        if self.last is not None:
            self._compiled(ast.Expression(self.last), "eval")  # an await is told of before anything runs

    def run(self) -> None:
        """Run every statement but the last expression."""
        __tracebackhide__ = True
        exec(self._code, self._shell.user_ns)

    def value(self, expression: ast.expr) -> Any:
        """Return what an expression of the cell gives."""
        __tracebackhide__ = True
        return eval(self._compiled(ast.Expression(expression), "eval"), self._shell.user_ns)

    def _compiled(self, tree: ast.Module | ast.Expression, mode: str) -> Any:
        with self._shell.compile.extra_flags(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
            code = self._shell.compile(tree, self._file, mode)
        if code.co_flags & inspect.CO_COROUTINE:
            raise UsageError(
                f"{self._magic} cannot wait for an await of the cell itself. Put the await into a cell of its own, "
                "or use explorer.watch() or explorer.inspect(), which can stand in any cell."
            )
        return code
