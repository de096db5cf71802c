"""Faults of random numbers: no key, no scale."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from explorer.compiler.explain.syntax import Found, Program, called, learned

DRAWS = ("normal", "uniform", "truncated_normal", "bernoulli", "randint", "categorical", "permutation")


def no_key(program: Program) -> Iterator[Found]:
    """Random numbers drawn with no key."""
    for node in ast.walk(program.tree):
        if not isinstance(node, ast.Call):
            continue
        name = called(node)
        module, _, draw = name.rpartition(".")
        arguments = ", ".join(ast.unparse(arg) for arg in (*node.args, *node.keywords))
        instead = (
            f"Write `key = jax.random.key(0)` once, and `jax.random.{draw}(key, {arguments})` here, with a new key "
            "from `jax.random.split(key)` for each draw."
        )
        if module == "jnp.random" or module == "jax.numpy.random":
            yield (
                node,
                "A random number needs a key",
                "`jax.numpy` has no `random`. Random numbers are in `jax.random`, and each call takes a key.",
                instead,
            )
        elif module == "jax.random" and draw in DRAWS and not _has_key(node):
            yield node, "A random number needs a key", "Each function of `jax.random` takes a key first.", instead


def no_scale(program: Program) -> Iterator[Found]:
    """Initial weights drawn with no scale."""
    weights = learned(program.tree)
    for node in ast.walk(program.tree):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        names = {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
        if not names & weights or not called(node.value).endswith("random.normal"):
            continue
        shape = next((arg for arg in node.value.args if isinstance(arg, ast.Tuple) and len(arg.elts) >= 2), None)
        rows = shape.elts[-2] if shape is not None else None
        if not (isinstance(rows, ast.Constant) and isinstance(rows.value, int) and rows.value >= 8):
            continue
        key = "" if node.value.args[0] is not shape else "key, "
        rest = ", ".join(ast.unparse(arg) for arg in node.value.args)
        code = f"jax.random.normal({key}{rest})"
        yield (
            node.value,
            "The initial weights have no scale",
            f"Each output sums {rows.value:,} products with weights of spread 1, so it spreads about "
            f"{rows.value**0.5:,.0f} times as wide as the inputs, and the loss starts far too high.",
            f"Write `{code} * (2 / {rows.value}) ** 0.5`, or "
            f"`jax.nn.initializers.he_normal()(key, {ast.unparse(shape) if shape is not None else ''})`.",
        )


def _has_key(call: ast.Call) -> bool:
    if any(keyword.arg == "key" for keyword in call.keywords):
        return True
    return bool(call.args) and not isinstance(call.args[0], ast.Tuple)
