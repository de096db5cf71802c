"""Faults of a training loop that raise nothing: it runs, and learns nothing or the wrong thing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from explorer.compiler.explain.syntax import (
    Found,
    Program,
    assigned_from,
    assigned_in,
    assignments_of,
    called,
    level_of,
    loops_of,
    names_in,
)


def starts_over(program: Program) -> Iterator[Found]:
    """Parameters set back to the same start inside the training loop."""
    for loop in loops_of(program.tree):
        changed = assigned_in(loop)
        for statement in loop.body:
            if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
                continue
            target = statement.targets[0]
            if not isinstance(target, ast.Name) or not isinstance(
                statement.value, ast.Name | ast.Tuple | ast.List | ast.Dict
            ):
                continue
            sources = names_in(statement.value)
            again = [other for other in assignments_of(level_of(loop), target.id) if other is not statement]
            updated = any(target.id in names_in(other.value) for other in again)
            if sources and not sources & changed and updated:
                line = ast.unparse(statement)
                yield (
                    statement,
                    "The parameters start over at every step",
                    f"`{line}` stands inside the loop, so each step begins from the same `{target.id}` and what the "
                    "step before has learned is lost.",
                    f"Write `{line}` once, before the loop.",
                )


def targets_leak(program: Program) -> Iterator[Found]:
    """The targets used inside the function that predicts them."""
    for node in ast.walk(program.tree):
        if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)):
            continue
        for call, other in ((node.left, node.right), (node.right, node.left)):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and isinstance(other, ast.Name)):
                continue
            function = program.functions.get(call.func.id)
            if function is None:
                continue
            parameters = [arg.arg for arg in function.args.args]
            for i, arg in enumerate(call.args):
                if not (isinstance(arg, ast.Name) and arg.id == other.id and i < len(parameters)):
                    continue
                uses = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == parameters[i]]
                if uses:
                    rest = [name for name in parameters if name != parameters[i]]
                    arguments = [ast.unparse(a) for a in call.args if a is not arg]
                    yield (
                        uses[0],
                        "The targets leak into the prediction",
                        f"`{function.name}` uses `{parameters[i]}`, which is what it should predict: the loss falls, "
                        "and for new data, whose targets are not known, it is of no use.",
                        f"Write `def {function.name}({', '.join(rest)}):` without them, and call "
                        f"`{function.name}({', '.join(arguments)})`. Where a constant is wanted, learn it: a bias.",
                    )


def no_state(program: Program) -> Iterator[Found]:
    """An optimizer whose state does not go on from step to step."""
    optimizers = {
        target.id
        for node in ast.walk(program.tree)
        if isinstance(node, ast.Assign) and called(node.value).startswith("optax.")
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for loop in loops_of(program.tree):
        anew = False
        for node in level_of(loop):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            of = node.func.value
            known = (isinstance(of, ast.Name) and of.id in optimizers) or called(of).startswith("optax.")
            if known and node.func.attr == "init" and any(called(each).endswith(".update") for each in level_of(loop)):
                anew = True
                yield (
                    node,
                    "The optimizer's state is not carried",
                    f"`{ast.unparse(node)}` stands inside the loop, so the optimizer forgets its averages at every "
                    "step.",
                    "Write `state = optimizer.init(params)` once, before the loop, and "
                    "`updates, state = optimizer.update(grads, state, params)` inside it.",
                )
        for statement in () if anew else level_of(loop):
            if not (isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)):
                continue
            call = statement.value
            if not (isinstance(call.func, ast.Attribute) and call.func.attr == "update"):
                continue
            of = call.func.value
            if not ((isinstance(of, ast.Name) and of.id in optimizers) or called(of).startswith("optax.")):
                continue
            target = statement.targets[0]
            kept = target.elts[1] if isinstance(target, ast.Tuple) and len(target.elts) == 2 else None
            given = call.args[1] if len(call.args) > 1 else None
            if kept is not None and given is not None and ast.unparse(kept) == ast.unparse(given):
                continue
            if kept is not None and given is not None and ast.unparse(given) in assigned_from(loop, ast.unparse(kept)):
                continue
            state = ast.unparse(given) if isinstance(given, ast.Name) else "state"
            yield (
                statement,
                "The optimizer's state is not carried",
                f"The state that `{ast.unparse(call)}` gives back is not what the next step is given.",
                f"Write `updates, {state} = {ast.unparse(of)}.update(grads, {state}, params)`.",
            )
