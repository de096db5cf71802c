"""Mistakes about values that are not known while JAX traces."""

from __future__ import annotations

import ast
import re

import jax

from explorer.compiler.mistakes.scene import Scene
from explorer.compiler.mistakes.told import Told

_ARGUMENT = re.compile(r"depends on the values? of the arguments? ([\w\[\]'., ]+?)\.?(?:\n|$)")
_LEAKED = re.compile(r"was traced when the value leaked was (\S+)|when the value leaked was (\S+)")
_CREATED = re.compile(r"was created on line (\S+?):(\d+)(?::\d+)? \((\S+)\)")


def told(error: BaseException, scene: Scene | None) -> Told | None:
    """Return the mistake in plain words; None where it is of another kind."""
    message = str(error)
    if isinstance(error, jax.errors.UnexpectedTracerError):
        return _leak(message)
    if isinstance(error, jax.errors.TracerBoolConversionError):
        return _choice(message, scene)
    if isinstance(error, jax.errors.TracerIntegerConversionError):
        return _integer(message, scene)
    if isinstance(error, jax.errors.TracerArrayConversionError):
        return _numpy(scene)
    if isinstance(error, jax.errors.NonConcreteBooleanIndexError):
        return _mask(scene)
    if isinstance(error, TypeError) and "Shapes must be 1D sequences of concrete values" in message:
        return _shape(message)
    if isinstance(error, jax.errors.ConcretizationTypeError):
        return _shape(message) if "jnp.arange" in message else _number(message, scene)
    return None


def _depends(message: str) -> str:
    found = _ARGUMENT.search(message)
    return f" It depends on the argument `{found[1]}`." if found else ""


def _static(message: str) -> str:
    """Return how to make the argument that a message names static."""
    found = _ARGUMENT.search(message)
    name = re.split(r"[\[., ]", found[1])[0] if found else "n"
    return f'pass it as a static argument: `jax.jit(fn, static_argnames="{name}")`'


def _choice(message: str, scene: Scene | None) -> Told:
    test = scene.code() if scene and scene.node is not None else ""
    asked = f"`{test}` is" if test else "A traced value is"
    instead = "Write `jnp.where(condition, a, b)` or `jax.lax.cond`"
    if test and isinstance(scene.statement if scene else None, ast.If):
        instead = f"Write `jnp.where({test}, a, b)`, or `jax.lax.cond({test}, f, g, x)` where only one side may run"
    elif test and isinstance(scene.statement if scene else None, ast.While):
        instead = "Write `jax.lax.while_loop(condition, body, start)`"
    elif test and isinstance(scene.statement if scene else None, ast.Assert):
        instead = "Leave the check outside the jitted function, or use `jax.experimental.checkify`"
    return Told(
        "Python has to choose, and the value is not known yet",
        f"{asked} asked for true or false, by an `if`, `while`, `and`, `or`, `not` or `assert`. While JAX traces, it "
        f"stands for every possible input.{_depends(message)}",
        f"{instead}; or {_static(message)}.",
    )


def _integer(message: str, scene: Scene | None) -> Told:
    loop = scene is not None and isinstance(scene.node, ast.Call) and scene.code(scene.node.func) == "range"
    instead = (
        "Write `jax.lax.fori_loop(0, n, body, start)`"
        if loop
        else "Make the list a `jnp` array and index that, `jnp.asarray(items)[i]`"
    )
    used = f"`{scene.code()}` needs" if scene and scene.node is not None else "Python needs"
    return Told(
        "Python needs a whole number, and the value is not known yet",
        f"{used} a plain integer, as a length, a `range` or an index into a list do, and was given a traced value."
        f"{_depends(message)}",
        f"{instead}; or {_static(message)}.",
    )


def _numpy(scene: Scene | None) -> Told:
    node = scene.node if scene else None
    better = "the function of the same name in `jax.numpy`"
    called = "A NumPy function"
    if scene and isinstance(node, ast.Call):
        name = scene.code(node.func)
        called = f"`{name}`"
        root, _, rest = name.partition(".")
        if root in ("np", "numpy", "onp") and rest:
            better = f"`jnp.{rest}`" + (f": `jnp.{scene.code().partition('.')[2]}`" if len(scene.code()) < 60 else "")
    return Told(
        "NumPy was given a traced value",
        f"{called} needs the numbers themselves, and while JAX traces there are none yet.",
        f"Write {better}, from `jax.numpy`.",
    )


def _mask(scene: Scene | None) -> Told:
    node = scene.node if scene else None
    instead = "Use the form with three arguments, `jnp.where(mask, x, 0)`, or give a `size=`."
    if scene and isinstance(node, ast.Subscript):
        whole, mask = scene.code(node.value), scene.index(node)
        instead = f"Write `jnp.where({mask}, {whole}, 0)`. The general form is `jnp.where(mask, x, 0)`."
    return Told(
        "The size of the result depends on the values",
        "A boolean mask picks as many elements as are true, which is not known while JAX traces.",
        instead,
    )


def _shape(message: str) -> Told:
    return Told(
        "A shape depends on a value",
        "A shape must be plain integers while JAX traces, because each shape is compiled on its own, and here it is a "
        f"traced value.{_depends(message)}",
        f"Take the size from a shape, `x.shape[0]`, or {_static(message)}.",
    )


def _number(message: str, scene: Scene | None) -> Told:
    asks = f"`{scene.code()}` asks" if scene and scene.node is not None else "Something asks"
    call = scene.node if scene else None
    instead = "Keep to `jax.numpy` for what depends on the inputs"
    if scene and isinstance(call, ast.Call) and scene.code(call.func) in ("float", "int", "bool") and call.args:
        kind = {"float": "jnp.float32", "int": "jnp.int32", "bool": "bool"}[scene.code(call.func)]
        instead = f"Write `jnp.asarray({scene.code(call.args[0])}, {kind})`, which stays in `jax.numpy`"
    return Told(
        "A value is needed before it is known",
        f"{asks} for the number behind a traced value, as `float()`, `int()`, `.item()` or a format string do."
        f"{_depends(message)}",
        f"{instead}; look at the number outside the jitted function, or with `jax.debug.print`; or {_static(message)}.",
    )


def _leak(message: str) -> Told:
    found, made = _LEAKED.search(message), _CREATED.search(message)
    function = (found[1] or found[2]) if found else ""
    where = f" It was made in line {made[2]}." if made else ""
    name = f"`{function}`" if function else "one function"
    return Told(
        "A traced value has leaked out of its function",
        f"A value made while JAX traced {name} is used after that: it was kept in a global, an attribute or a list, "
        f"where it stands for no number any more.{where}",
        "Return it from the function instead, `return loss, kept`, and use what the call returns. With `jax.grad` "
        "say `has_aux=True`.",
    )
