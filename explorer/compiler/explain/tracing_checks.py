"""Python side effects inside functions that JAX traces."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from explorer.compiler.explain.syntax import Found, Program, assigned_in, called, inside, is_traced


def side_effects(program: Program) -> Iterator[Found]:
    """Python side effects inside a function that JAX traces."""
    for function in program.functions.values():
        if not is_traced(function, program.tree):
            continue
        own = {arg.arg for arg in function.args.args} | assigned_in(function)
        for node in inside(function):
            if isinstance(node, ast.Call) and called(node) == "print":
                shown = ast.unparse(node.args[-1]) if node.args else "x"
                yield (
                    node,
                    "It prints only while JAX traces",
                    f"`{function.name}` is traced once and then runs compiled: the print shows no numbers, and only at "
                    "the first call.",
                    f'Write `jax.debug.print("{{}}", {shown})`, which prints the numbers at every call.',
                )
            elif isinstance(node, ast.Global):
                yield (
                    node,
                    "A global is changed inside a traced function",
                    f"`{function.name}` runs as Python once, while JAX traces: the global is set then, to a traced "
                    "value.",
                    "Return the value, and set it where the function is called.",
                )
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("append", "extend", "add")
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id not in own
            ):
                yield (
                    node,
                    "A list outside is changed inside a traced function",
                    f"`{ast.unparse(node)}` runs once, while JAX traces, and keeps a traced value that holds no "
                    "number.",
                    f"Return the value from `{function.name}`, and append what the call returns.",
                )
