"""Mistakes about names: what people look for in another module, or what is gone."""

from __future__ import annotations

import ast
import builtins
import difflib
import re

import jax

from explorer.compiler.mistakes.scene import Scene
from explorer.compiler.mistakes.told import Told

_MISSING = re.compile(r"module '(jax[\w.]*)' has no attribute '(\w+)'")
_IMPORT = re.compile(r"cannot import name '(\w+)' from '(jax[\w.]*)'|No module named '(jax[\w.]*)\.(\w+)'")
_OPTAX = (
    "Optimizers live in optax: `import optax`, `optimizer = optax.{name}({rate})` and `state = optimizer.init(params)` "
    "once before the loop; inside it `updates, state = optimizer.update(grads, state, params)` and "
    "`params = optax.apply_updates(params, updates)`. The state goes on from step to step."
)


def told(error: BaseException, scene: Scene | None) -> Told | None:
    """Return the mistake in plain words; None where it is of another kind."""
    module, name = "", ""
    if isinstance(error, AttributeError) and (found := _MISSING.search(str(error))):
        module, name = found[1], found[2]
    elif isinstance(error, ImportError) and (found := _IMPORT.search(str(error))):
        module, name = found[2] or found[3], found[1] or found[4]
    if not name:
        return None
    missing = f"`{module}` has no `{name}`."
    if name == "optimizers":
        return Told(
            "There is no such module", f"{missing} JAX has no optimizers of its own any more.", _optimizer(scene)
        )
    if name == "random" and module == "jax.numpy":
        return Told(
            "There is no such module",
            f"{missing} Random numbers are in `jax.random`, and each call takes a key, so that the same key gives the "
            "same numbers.",
            _random(scene),
        )
    return Told("There is no such name", missing, home(name, module))


def _optimizer(scene: Scene | None) -> str:
    name, rate = "adam", "1e-3"
    for call in _calls(scene):
        func = call.func
        if (
            isinstance(func, ast.Attribute)
            and isinstance(func.value, ast.Attribute)
            and func.value.attr == "optimizers"
        ):
            name = func.attr
            rates = [arg for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, float)]
            rate = repr(rates[0].value) if rates and isinstance(rates[0], ast.Constant) else rate
    return _OPTAX.format(name=name, rate=rate)


def _random(scene: Scene | None) -> str:
    for call in _calls(scene):
        code = scene.code(call.func) if scene else ""
        if ".random." in code:
            arguments = ", ".join(ast.unparse(arg) for arg in (*call.args, *call.keywords))
            return (
                f"Write `key = jax.random.key(0)` once, and `jax.random.{call.func.attr}(key, {arguments})` here. "  # type: ignore[attr-defined]
                "For further draws take new keys: `key, one, two = jax.random.split(key, 3)`."
            )
    return "Write `jax.random.normal(jax.random.key(0), shape)`, with a new key from `jax.random.split` for each draw."


def _calls(scene: Scene | None) -> list[ast.Call]:
    if scene is None or scene.statement is None:
        return []
    return [node for node in ast.walk(scene.statement) if isinstance(node, ast.Call)]


def home(name: str, module: str = "") -> str:
    """Return a sentence on where a name is that people look for elsewhere; "" where it is nowhere."""
    homes = {
        "jax.numpy": jax.numpy,
        "jax.nn": jax.nn,
        "jax.lax": jax.lax,
        "jax.random": jax.random,
        "jax.tree": jax.tree,
        "jax.scipy.special": jax.scipy.special,
        "jax": jax,
    }
    for place, found in homes.items():
        if hasattr(found, name):
            return f"It is `{place}.{name}`."
    if hasattr(builtins, name):
        return "It is Python's own."
    near = difflib.get_close_matches(name, dir(homes.get(module, jax)), 5, 0.7)
    near.sort(key=lambda other: sorted(other) != sorted(name))  # two letters in the wrong order come first
    return f"Did you mean `{module}.{near[0]}`?" if near else ""
