"""A program that makes an inspection again: the function, what it needs of its file, and the call."""

from __future__ import annotations

import ast
import symtable
import textwrap
from collections.abc import Iterable
from types import FunctionType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from explorer.compiler import shapes
from explorer.compiler.frames import known_as
from explorer.compiler.fresh import is_jitted

Definer = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def reproducer(inspection: Any) -> str:
    """Return a program that makes the same inspection with JAX alone.

    It holds the imports and definitions of the function's file that the function needs. What a function made inside
    of another takes from there is not known, and said to be missing.
    """
    subject, definition = inspection.subject, inspection.definition
    if subject is None:
        return "# The call is not known: it was traced, lowered or compiled before it was looked at."
    name = getattr(subject.fn, "__qualname__", None) or type(subject.fn).__qualname__
    text = None
    if definition is not None and definition.file in inspection.files.names:
        text = inspection.files.text(inspection.files.names.index(definition.file))
    lines = ["import jax", "import jax.numpy as jnp", ""]
    if text is None or definition is None:
        return "\n".join([*lines, f"# The source of `{name}` cannot be read.", "fn = ...", _call(subject, "fn")])
    lines += [f"# from {known_as(definition.file)}"]
    alone = _lambda(subject.fn, text)
    if alone is not None:
        return "\n".join(
            [*lines, *filter(None, [needed(text, *_names(alone))]), "", f"fn = {alone}", _call(subject, "fn")]
        )
    if all(part.isidentifier() for part in name.split(".")):
        return "\n".join([*lines, needed(text, name.split(".")[0]), "", _call(subject, name)])
    own = text.split("\n")[definition.first - 1 : definition.last]
    lines += [textwrap.dedent("\n".join(own)), ""]
    lines += [f"# `{name}` is made inside of a function: give it what it takes from there.", "fn = ..."]
    return "\n".join([*lines, _call(subject, "fn")])


def _lambda(fn: Any, text: str) -> str | None:
    """Return the source of a lambda that takes nothing from around it; None where it cannot be told."""
    if not isinstance(fn, FunctionType) or fn.__name__ != "<lambda>" or fn.__code__.co_freevars:
        return None
    code = fn.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    try:
        found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Lambda)]
    except SyntaxError:
        return None
    fits = [
        node
        for node in found
        if node.lineno == code.co_firstlineno
        and tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)) == names
    ]
    return ast.get_source_segment(text, fits[0]) if len(fits) == 1 else None


def _names(source: str) -> set[str]:
    """Return the names that code takes from its file, and not those it gives itself, such as its arguments'."""
    names: set[str] = set()
    tables = [symtable.symtable(source, "<file>", "exec")]
    while tables:
        table = tables.pop()
        own = table.get_type() == "module"
        names |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (own or s.is_global())}
        tables += table.get_children()
    return names


def needed(text: str, *names: str) -> str:
    """Return the statements of a file that define names, and those that these need, in their order."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return text
    by_name: dict[str, list[int]] = {}
    for number, statement in enumerate(tree.body):
        for defined in _defines(statement):
            by_name.setdefault(defined, []).append(number)
    wanted = list(names)
    seen: set[str] = set()
    kept: set[int] = set()
    while wanted:
        one = wanted.pop()
        if one in seen:
            continue
        seen.add(one)
        for number in by_name.get(one, ()):
            kept.add(number)
            wanted += _names(_source(text, tree.body[number]))
    return "\n".join(_source(text, tree.body[number]) for number in sorted(kept))


def _defines(statement: ast.stmt) -> Iterable[str]:
    if isinstance(statement, Definer):
        return [statement.name]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.split(".")[0] for alias in statement.names]
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return [
            node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        ]
    return []


def _source(text: str, statement: ast.stmt) -> str:
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return "\n".join(text.split("\n")[first - 1 : statement.end_lineno])


def _call(subject: Any, name: str) -> str:
    fn = name
    for applied in subject.transforms:
        options = "".join(f", {key}={value!r}" for key, value in applied.options.items() if key != "new_axis")
        fn = f"jax.{applied.name}({fn}{options})"
    args, kwargs = shapes.changed(subject.fn, subject.args, subject.kwargs, subject.dtype, subject.sizes)
    given = [*(_written(arg) for arg in args), *(f"{key}={_written(value)}" for key, value in kwargs.items())]
    options = "".join(f", {key}={value!r}" for key, value in subject.options.jit.items())
    own = is_jitted(subject.fn) and not subject.transforms and not options
    jitted = fn if own else f"jax.jit({fn}{options})"  # its own static and donated arguments stay
    arguments = "".join(f"\n    {arg}," for arg in given)
    compiled = (
        f"compiler_options={dict(subject.options.compiler_options)!r}" if subject.options.compiler_options else ""
    )
    lowered = f"lowered = {jitted}.lower({arguments}\n)" if given else f"lowered = {jitted}.lower()"
    return f"{lowered}\nprint(lowered.compile({compiled}).as_text())"


def _written(tree: Any) -> str:
    """Return an argument as Python writes it, arrays as shapes."""
    leaves, structure = jax.tree.flatten(tree)
    if len(leaves) == 1 and jax.tree.structure(0) == structure:  # type: ignore[operator]
        return _leaf(leaves[0])
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key!r}: {_written(value)}" for key, value in tree.items()) + "}"
    if type(tree) in (list, tuple):
        inside = ", ".join(map(_written, tree))
        return f"[{inside}]" if isinstance(tree, list) else f"({inside}{',' if len(tree) == 1 else ''})"
    if tree is None:
        return "None"
    return f"...  # {type(tree).__name__} of {', '.join(map(_leaf, leaves[:4]))}"


def _leaf(leaf: Any) -> str:
    if isinstance(leaf, jax.Array | jax.ShapeDtypeStruct) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return f"jax.random.split(jax.random.key(0), {tuple(leaf.shape)})" if leaf.shape else "jax.random.key(0)"
    if isinstance(leaf, jax.Array | np.ndarray | jax.ShapeDtypeStruct):
        return f"jax.ShapeDtypeStruct({tuple(leaf.shape)}, jnp.{leaf.dtype.name})"
    return repr(leaf)
