"""Mistakes about what a function is given or gives: data, gradients, unpacking, keys, assignment."""

from __future__ import annotations

import ast
import re
from typing import Any

from explorer.compiler.mistakes.scene import Scene
from explorer.compiler.mistakes.told import Told, sentence

_NOT_AN_ARRAY = re.compile(
    r"not a valid JAX (array )?type|Cannot interpret value of type|non-array argument"
    r"|Error interpreting argument to|problematic value is of type"
)
_PATH = re.compile(r"passed to the function at path ([\w.\[\]']+?)\.?\s")
_SPECIAL = {ast.Add: "add", ast.Sub: "add", ast.Mult: "multiply", ast.Div: "divide"}


def told(error: BaseException, scene: Scene | None) -> Told | None:
    """Return the mistake in plain words; None where it is of another kind."""
    message = str(error)
    if not isinstance(error, TypeError | ValueError):
        return None
    if "ellipsis" in message.lower():
        return _ellipsis(message, scene)
    if "only defined for scalar-output functions" in message:
        return _not_scalar(message)
    if "requires real- or complex-valued inputs" in message or "requires real-valued inputs" in message:
        return _whole_numbers(message)
    if "immutable" in message and "item assignment" in message:
        return _assignment(scene)
    if "values to unpack" in message or "iteration over a 0-d array" in message:
        return _unpacking(message, scene)
    if "PRNG key" in message:
        return _key(scene)
    if "unhashable" in message and "static" in message.lower():
        return Told(
            "A static argument cannot be an array or a list",
            "JAX keeps a program for each value of a static argument and must look it up, which a list, a dict or an "
            "array does not allow.",
            "Pass it as an ordinary argument, or make it a tuple.",
        )
    if _NOT_AN_ARRAY.search(message):
        found = _PATH.search(message)
        which = f" It is the argument `{found[1]}`." if found else ""
        return Told(
            "An argument is not an array",
            f"{sentence(message)}{which}",
            "Pass it as a static argument, or bind it with `functools.partial`.",
        )
    return None


def assigned(tree: ast.Module | None, name: str, value: type) -> ast.Assign | None:
    """Return the last assignment of a constant of a type to a name."""
    found = None
    for node in ast.walk(tree) if tree is not None else ():
        if (
            isinstance(node, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, value)
        ):
            found = node
    return found


def _ellipsis(message: str, scene: Scene | None) -> Told:
    node = ellipsis_at(scene)
    name = ""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
    subject = f"`{name}` is `...`" if name else "`...` is given where data is needed"
    return Told(
        "There is no data",
        f"{subject}: Python's Ellipsis, which stands for something left out. It holds no numbers.",
        f"Give `{name or 'batch'}` real arrays, such as `{name or 'batch'} = (inputs, targets)` with "
        "`inputs = jnp.asarray(...)` of shape (examples, features).",
    )


def ellipsis_at(scene: Scene | None) -> ast.AST | None:
    """Return where `...` comes from: the assignment of a name that the line uses, or the line's own."""
    if scene is None or scene.statement is None:
        return None
    for node in ast.walk(scene.statement):
        if isinstance(node, ast.Name) and scene.value(node) is ...:
            found = assigned(scene.tree, node.id, type(...))
            if found is not None:
                return found
    return next((n for n in ast.walk(scene.statement) if isinstance(n, ast.Constant) and n.value is ...), None)


def _not_scalar(message: str) -> Told:
    shape = re.search(r"Output had shape: (\([\d, ]*\))", message)
    pair = "Output was (" in message
    gives = f"it gives an array of shape {shape[1]}" if shape else "it gives something else"
    if pair:
        return Told(
            "The gradient needs a single number",
            "`jax.grad` and `jax.value_and_grad` differentiate a function that gives one number, and it gives several "
            "values.",
            "Return the loss first and say `has_aux=True`: `jax.value_and_grad(fn, has_aux=True)`.",
        )
    return Told(
        "The gradient needs a single number",
        f"`jax.grad` and `jax.value_and_grad` differentiate a function that gives one number, and {gives}.",
        "Return its mean or sum, `return jnp.mean(loss)`. For the derivative of every output take `jax.jacobian`, for "
        "one gradient per example `jax.vmap(jax.grad(fn), in_axes=(None, 0))`.",
    )


def _whole_numbers(message: str) -> Told:
    dtype = re.search(r"but got (\w+)", message)
    return Told(
        "A whole number has no gradient",
        f"`jax.grad` differentiates by its first argument, and that holds {dtype[1] if dtype else 'whole numbers'}: "
        "there is no small step between two of them.",
        "Write it with a point, `3.0`, or turn it into floating point, `x.astype(jnp.float32)`. To differentiate by "
        "another argument say `argnums=1`.",
    )


def _assignment(scene: Scene | None) -> Told:
    what = "A JAX array cannot be changed in place, because a traced function has to be free of side effects."
    statement = scene.statement if scene else None
    if scene and isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Subscript):
        target = statement.targets[0]
        array, index, value = scene.code(target.value), scene.index(target), scene.code(statement.value)
        return Told("Arrays cannot be changed in place", what, f"Write `{array} = {array}.at[{index}].set({value})`.")
    if scene and isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Subscript):
        target = statement.target
        array, index, value = scene.code(target.value), scene.index(target), scene.code(statement.value)
        name = _SPECIAL.get(type(statement.op), "set")
        sign = "-" if isinstance(statement.op, ast.Sub) else ""
        written = f"Write `{array} = {array}.at[{index}].{name}({sign}{value})`."
        return Told("Arrays cannot be changed in place", what, written)
    return Told("Arrays cannot be changed in place", what, "Write `x = x.at[i].set(value)`.")


def _unpacking(message: str, scene: Scene | None) -> Told:
    statement = scene.statement if scene else None
    counts = re.search(r"expected (?:at least )?(\d+)(?:, got (\d+))?", message)
    if scene is None or not isinstance(statement, ast.Assign):
        return Told("There is not one value for each name", sentence(message), "Name as many values as there are.")
    source, names = scene.code(statement.value), scene.code(statement.targets[0])
    held = _held(scene.value(statement.value))
    wanted = counts[1] if counts else str(len(getattr(statement.targets[0], "elts", [])))
    what = f"`{names} = {source}` takes {wanted} values out of `{source}`, and {held or sentence(message)}"
    other = _unused_argument(scene, source)
    if other and isinstance(statement.targets[0], ast.Tuple | ast.List):
        first, *rest = (scene.code(each) for each in statement.targets[0].elts)
        return Told(
            "The parameters and the batch are mixed up",
            f"{what} The function never uses its argument `{other}`: what is learned and what is data come separately.",
            f"Write `{first} = {source}` and `{', '.join(rest)} = {other}`.",
        )
    return Told("There is not one value for each name", what, "Name as many values as there are, in their order.")


def _held(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        rows = f", so it has {shape[0]:,} {'value' if shape[0] == 1 else 'values'} to take out" if shape else ""
        return f"that is an array of shape {shape}{rows}." if shape else "that is a single number."
    if isinstance(value, list | tuple | dict):
        return f"that is a {type(value).__name__} of {len(value):,}."
    return ""


def _unused_argument(scene: Scene, source: str) -> str:
    """Return the argument of the function around the line that nothing in it reads."""
    line = scene.frame.line
    for node in ast.walk(scene.tree) if scene.tree is not None else ():
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0):
            arguments = [arg.arg for arg in node.args.args]
            read = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            unused = [name for name in arguments if name not in read]
            if source in arguments and unused:
                return unused[0]
    return ""


def _key(scene: Scene | None) -> Told:
    call = scene.node if scene else None
    written = "jax.random.normal(key, shape)"
    if scene and isinstance(call, ast.Call):
        first = scene.value(call.args[0]) if call.args else None
        rest = [scene.code(arg) for arg in (call.args[1:] if isinstance(first, int) else call.args)]
        written = f"{scene.code(call.func)}({', '.join(['key', *rest])})"
    return Told(
        "A random number needs a key",
        "The first argument of every function of `jax.random` is a key, from which the numbers are computed: the same "
        "key gives the same numbers.",
        f"Write `key = jax.random.key(0)` and `{written}`. For further draws take new keys: "
        "`key, other = jax.random.split(key)`.",
    )
