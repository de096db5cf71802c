"""Questions that the checks ask of a program's syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

GRADIENTS = ("grad", "value_and_grad")

Found = tuple[ast.stmt | ast.expr, str, str, str]  # what is at fault, its title, what happens, what to write


class Program(NamedTuple):
    """A program's tree, and the functions it defines at its top by name."""

    tree: ast.Module
    functions: dict[str, ast.FunctionDef]


def loops_of(tree: ast.AST) -> Iterator[ast.For | ast.While]:
    """Yield the loops of a tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.While):
            yield node


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """Yield everything inside a node."""
    found = ast.walk(node)
    next(found)
    yield from found


def level_of(loop: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs at each pass of a loop itself, and not what loops and functions inside it hold."""
    waiting = list(ast.iter_child_nodes(loop))
    while waiting:
        node = waiting.pop(0)
        if not isinstance(node, ast.For | ast.While | ast.FunctionDef | ast.Lambda | ast.ClassDef):
            yield node
            waiting += ast.iter_child_nodes(node)


def names_in(node: ast.AST) -> set[str]:
    """Return the names in a node."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def assigned_in(node: ast.AST) -> set[str]:
    """Return every name that is assigned inside a node."""
    return {each.id for each in inside(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def assignments_of(nodes: Iterable[ast.AST], name: str) -> list[ast.Assign]:
    """Return the assignments to a name among these nodes."""
    return [
        node
        for node in nodes
        if isinstance(node, ast.Assign) and any(name in stored_in(target) for target in node.targets)
    ]


def assigned_from(loop: ast.AST, source: str) -> set[str]:
    """Return the names that are assigned from a name inside a loop."""
    return {
        name
        for node in inside(loop)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id == source
        for target in node.targets
        for name in stored_in(target)
    }


def stored_in(target: ast.AST) -> set[str]:
    """Return the names in the target of an assignment."""
    return {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}


def called(node: ast.AST) -> str:
    """Return the dotted name that a call calls; "" for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    return ast.unparse(node.func) if isinstance(node.func, ast.Name | ast.Attribute) else ""


def learned(tree: ast.Module) -> set[str]:
    """Return the names of what is differentiated by, and of what it is put together from."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node.func).rpartition(".")[2] in GRADIENTS and node.args:
            found |= names_in(node.args[0])
    for _ in range(3):  # params = (first, second); first = scaled; scaled = ...
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Name | ast.Tuple | ast.List | ast.Dict)
                and any(stored_in(target) & found for target in node.targets)
            ):
                found |= names_in(node.value)
    return found


def is_traced(function: ast.FunctionDef, tree: ast.Module) -> bool:
    """Say whether a program hands a function to jit, grad or another transformation."""
    names = ("jit", "vmap", "checkpoint", *GRADIENTS)
    if any(
        any(part in ast.unparse(decorator) for part in ("jit", "vmap", "grad")) for decorator in function.decorator_list
    ):
        return True
    return any(
        isinstance(node, ast.Call)
        and called(node).rpartition(".")[2] in names
        and node.args
        and isinstance(node.args[0], ast.Name)
        and node.args[0].id == function.name
        for node in ast.walk(tree)
    )
