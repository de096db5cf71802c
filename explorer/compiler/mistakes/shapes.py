"""Mistakes about shapes: both operands by name, with their shapes."""

from __future__ import annotations

import ast
import re

from explorer.compiler.mistakes.scene import Scene
from explorer.compiler.mistakes.told import Told, sentence

_SHAPES = re.compile(
    r"dot_general requires|contracting dimensions|[Ii]ncompatible shapes|must have (the )?same|cannot reshape"
    r"|same number of dimensions|Cannot concatenate|shapes must be equal|[Gg]ot shapes|inconsistent sizes"
    r"|does not match previous terms|must have equal (output )?types"
)
_PRODUCTS = {"dot", "matmul", "vdot", "tensordot"}
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@"}


def told(error: BaseException, scene: Scene | None) -> Told | None:
    """Return the mistake in plain words; None where it is of another kind."""
    message = str(error)
    if not isinstance(error, TypeError | ValueError) or not _SHAPES.search(message):
        return None
    title = "The shapes do not fit together"
    if "carry" in message and "equal types" in message:
        return Told(
            title,
            f"What the body of the loop returns as carry is not like what it was given. {_types(message)}",
            "Make both the same shape and dtype: start with the carry at its full size and write into it with "
            "`.at[i].set(...)`, and give numbers a dtype, `jnp.float32(0)`.",
        )
    if "reshape" in message:
        return Told(
            title, sentence(message), "The sizes must multiply to the same number; write -1 for the one to work out."
        )
    operands = _operands(scene)
    if operands is None:
        return Told(
            title, sentence(message), "Print `x.shape` of both before this line: shapes are known while JAX traces."
        )
    assert scene is not None
    named = " and ".join(f"`{code}` has shape {shape}" for code, shape in operands)
    (left, a), (right, b) = operands
    return Told(title, f"In `{scene.code()}` {named}: {_why(a, b, _is_product(scene))}. {sentence(message)}",
                _instead(left, a, right, b, scene))  # fmt: skip


def _types(message: str) -> str:
    found = re.search(r"The input carry.*?do not match\.?", message, re.DOTALL)
    return " ".join(found[0].split()) if found else sentence(message)


def _operands(scene: Scene | None) -> list[tuple[str, tuple[int, ...]]] | None:
    """Return the two operands of the expression with their shapes; None where one is not known."""
    node = scene.node if scene else None
    if isinstance(node, ast.BinOp):
        parts: list[ast.expr] = [node.left, node.right]
    elif isinstance(node, ast.Call):
        parts = [arg for arg in node.args if not isinstance(arg, ast.Starred)]
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("dot", "matmul") and len(parts) == 1:
            parts = [node.func.value, *parts]
    else:
        return None
    assert scene is not None
    found = [(scene.code(part), shape) for part in parts if (shape := scene.shape(part)) is not None]
    return found if len(found) == 2 and len(parts) == 2 else None


def _is_product(scene: Scene) -> bool:
    node = scene.node
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.MatMult)
    return isinstance(node, ast.Call) and scene.code(node.func).rpartition(".")[2] in _PRODUCTS


def _why(a: tuple[int, ...], b: tuple[int, ...], product: bool) -> str:
    if product and a and b:
        rows = b[-2] if len(b) > 1 else b[0]
        which = "the first axis" if len(b) < 3 else "the second to last axis"
        return f"the last axis of the first is {a[-1]:,}, and {which} of the second is {rows:,}; they must be equal"
    return "counted from the last, two axes must be equal, or one of them 1"


def _instead(left: str, a: tuple[int, ...], right: str, b: tuple[int, ...], scene: Scene) -> str:
    if _is_product(scene):
        if len(b) == 2 and len(a) >= 1 and a[-1] == b[1]:
            return f"Write `{left} @ {right}.T`, if the axes of `{right}` are meant the other way round."
        if len(a) == 2 and a[0] == (b[-2] if len(b) > 1 else b[0]):
            return f"Write `{left}.T @ {right}`, if the axes of `{left}` are meant the other way round."
        return "Print both shapes, and turn or cut one so that these axes are of one length."
    sign = _OPERATORS.get(type(scene.node.op), ",") if isinstance(scene.node, ast.BinOp) else ","
    if len(b) == 1 and len(a) == 2 and b[0] == a[0]:
        return f"Write `{left} {sign} {right}[:, None]`, to have one number for each row."
    if len(a) == 1 and len(b) == 2 and a[0] == b[0]:
        return f"Write `{left}[:, None] {sign} {right}`, to have one number for each row."
    return "Bring them to one shape, with `.reshape(...)`, `[:, None]`, or the right size where they are made."
