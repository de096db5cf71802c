"""The source of functions as a script can hold it: with all that they call in their own package, and the imports."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterable
from functools import partial
from types import CodeType, ModuleType
from typing import Any

from explorer.errors import FieldError

_PLAIN = (int, float, complex, str, bytes, bool, type(None))
_TAKEN = ("batches", "objective", "train_step", "train", "held_out", "spec", "params", "state", "optimizer", "order")
_OURS = "explorer.catalog."  # an entry may call what another file of the catalog defines


class Sources:
    """Collects functions, each once, after those that it calls."""

    def __init__(self) -> None:
        self._functions: dict[str, tuple[Callable[..., Any], str]] = {}
        self._constants: dict[str, str] = {}
        self._imports: dict[str, str] = {}

    @property
    def imports(self) -> list[str]:
        """The lines that import what the functions use."""
        return list(self._imports.values())

    @property
    def text(self) -> str:
        """The constants and the functions."""
        constants = "\n".join(self._constants.values())
        return "\n\n\n".join([*filter(None, [constants]), *(text for _, text in self._functions.values())])

    def call(self, function: Any, *arguments: str) -> str:
        """Add a function, and return the call of it with these arguments and the options that a partial fixes.

        Raises:
          FieldError: it has no source that a script could hold.
        """
        options = function.keywords if isinstance(function, partial) else {}
        keywords = [f"{name}={self._value(name, value)}" for name, value in options.items()]
        return f"{self.add(plain(function))}({', '.join([*arguments, *keywords])})"

    def add(self, function: Callable[..., Any]) -> str:
        """Add a function with what it needs, and return its name in the script.

        Raises:
          FieldError: it has no source that a script could hold.
        """
        name = getattr(function, "__name__", "")
        for known, (other, _) in self._functions.items():
            if other is function:
                return known
        if not name.isidentifier() or getattr(function, "__closure__", None):
            raise _no_source(function, "it keeps values that only this kernel has")
        try:
            source = inspect.getsource(function).rstrip()
            tree = ast.parse(source)
        except (OSError, TypeError, SyntaxError) as error:
            raise _no_source(function, "its source cannot be found") from error
        called = name
        while called in self._functions or called in _TAKEN:  # two files may each have a `loss`
            called += "_"
        if called != name:
            source = source.replace(f"def {name}(", f"def {called}(", 1)
        self._functions[called] = function, source  # before what it calls: it may call itself
        for used in sorted(_globals_in(tree, function) - {name}):
            self._need(function, used, function.__globals__[used])
        self._functions[called] = self._functions.pop(called)
        return called

    def _need(self, function: Callable[..., Any], name: str, value: Any) -> None:
        inner = inspect.unwrap(value) if callable(value) else value  # what jit wraps has the source
        if inspect.isfunction(inner) and _together(inner.__module__, function.__module__):
            if self.add(inner) != name:
                raise _no_source(function, f"it calls '{name}', a name that the script needs")
        elif (line := _import_of(function.__module__, name, value)) is not None:
            self._imports[name] = line
        elif _is_constant(value):
            self._constants[name] = f"{name} = {value!r}"
        else:
            raise _no_source(function, f"it uses '{name}', which only this kernel has")

    def _value(self, name: str, value: Any) -> str:
        if inspect.isfunction(value):
            return self.add(value)
        if _is_constant(value):
            return repr(value)
        raise FieldError(
            name, f"is a {type(value).__name__}, which only this kernel has.", "A script can hold numbers."
        )


def plain(function: Any) -> Any:
    """Return the function itself, without the options that a partial fixes."""
    return function.func if isinstance(function, partial) else function


def import_lines(lines: Iterable[str]) -> str:
    """Return import lines sorted as in a file: the standard library first."""
    standard: list[str] = []
    others: list[str] = []
    for line in sorted(set(lines), key=lambda line: (line.startswith("from"), line)):
        (standard if line.split()[1].split(".")[0] in sys.stdlib_module_names else others).append(line)
    return "\n\n".join("\n".join(group) for group in (standard, others) if group)


def _no_source(function: Any, why: str) -> FieldError:
    name = getattr(function, "__qualname__", type(function).__name__)
    return FieldError("script", f"'{name}' cannot stand in a script: {why}.", "Functions at the top of a file can.")


def _globals_in(tree: ast.Module, function: Any) -> set[str]:
    """Return the names that a function reads from its module, in its body, its decorators and its defaults."""
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)
    around = [*definition.decorator_list, *definition.args.defaults, *filter(None, definition.args.kw_defaults)]
    inside = _names_of(function.__code__)
    read = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id in inside}
    read |= {n.id for part in around for n in ast.walk(part) if isinstance(n, ast.Name)}
    return read & function.__globals__.keys()


def _names_of(code: CodeType) -> set[str]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return set(code.co_names).union(*map(_names_of, inner))


def _is_import(node: ast.AST) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _is_constant(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_constant, value))
    if isinstance(value, dict):
        return all(_is_constant(v) for item in value.items() for v in item)
    return isinstance(value, _PLAIN)


def _together(one: str, other: str) -> bool:
    return one == other or (one.startswith(_OURS) and other.startswith(_OURS))


def _import_of(module: str, name: str, value: Any) -> str | None:
    """Return the line that imports a name: as its file has it, else as it can be told from the value."""
    for node in _tree(module).body:
        if _is_import(node):
            for alias in node.names:  # type: ignore[attr-defined]
                if (alias.asname or alias.name.split(".")[0]) == name:
                    line = ast.unparse(type(node)(**{**vars(node), "names": [alias]}))
                    return None if line.startswith(f"from {_OURS}") else line
    if isinstance(value, ModuleType):
        path = value.__name__
        return f"import {path}" if path == name else f"import {path} as {name}"
    home = getattr(value, "__module__", None)
    if home in (None, module, "__main__") or getattr(sys.modules.get(str(home)), name, None) is not value:
        return None
    return f"from {home} import {name}"


def _tree(module: str) -> ast.Module:
    try:
        return ast.parse(inspect.getsource(sys.modules[module]))
    except (KeyError, OSError, TypeError):  # a notebook has no file
        return ast.Module([], [])
