"""Faults that raise nothing, found by looking at a program's source."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from explorer.compiler.explain.fault import Fault, place_in
from explorer.compiler.explain.random_checks import no_key, no_scale
from explorer.compiler.explain.syntax import Found, Program
from explorer.compiler.explain.tracing_checks import side_effects
from explorer.compiler.explain.training_checks import no_state, starts_over, targets_leak

CHECKS: dict[str, Callable[[Program], Iterator[Found]]] = {
    "targets leak": targets_leak,
    "starts over": starts_over,
    "no state": no_state,
    "no key": no_key,
    "no scale": no_scale,
    "side effect": side_effects,
}


def silent_faults(source: str, file: str) -> list[Fault]:
    """Return the faults of a program that raise nothing, by their lines."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return []
    program = Program(tree, {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)})
    lines = source.splitlines()
    faults = [
        Fault(name, title, what, instead, place_in(node, file, lines))
        for name, check in CHECKS.items()
        for node, title, what, instead in check(program)
    ]
    return sorted(faults, key=lambda fault: (fault.line, fault.place.column))
