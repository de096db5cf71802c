"""The user's named scopes in the paths that JAX gives to operations.

JAX calls an operation `jit(step)/transpose(jvp(encoder))/while/body/mul`: the functions it came through, the
transformations, the loops, the user's `jax.named_scope` (or a Flax module's) and last the primitive. What the user
named is what is left without the rest, so that the forward and the backward pass of one layer have one scope.
"""

from __future__ import annotations

import re
from functools import cache

_TRANSFORMED = re.compile(r"(jvp|transpose|vmap|pmap|checkpoint|remat|grad|linearize)\((.*)\)$", re.DOTALL)
_CALLED = re.compile(r"p?jit\(.*\)$", re.DOTALL)
_OF_JAX = re.compile(
    r"(while|body|cond|scan|closed_call|core_call|eval_jaxpr|checkpoint|remat\d?|rematted_computation|p?jit"
    r"|branch_\d+_fun|custom_[jv]*p_call(_jaxpr)?|shard_map|xla_pmap|run_state)?$"
)


def parted(path: str) -> list[str]:
    """Return the parts of a path between the slashes that are in no parentheses."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(path):
        depth += (letter == "(") - (letter == ")")
        if letter == "/" and depth <= 0:
            parts.append(path[start:at])
            start = at + 1
    return [*parts, path[start:]]


@cache
def scope_of(path: str) -> str:
    """Return the user's scopes in a path without its primitive, joined by slashes; "" where there is none."""
    kept: list[str] = []
    backward_from: int | None = None
    for part in parted(path):
        inner = part
        wrappers = []
        while found := _TRANSFORMED.match(inner):
            wrappers.append(found[1])
            inner = found[2]
        if "transpose" in wrappers:
            backward_from = len(kept)
        elif "jvp" in wrappers and backward_from is not None:
            # A backward pass that computes again what it did not keep: `transpose(jvp(a))/jvp(a)/checkpoint`.
            del kept[backward_from:]
            backward_from = None
        if wrappers:
            inner = scope_of(inner)
        if not _CALLED.match(inner) and not _OF_JAX.match(inner):
            kept.append(inner)
    return "/".join(kept)


@cache
def named(op_name: str) -> tuple[str, str]:
    """Return the scope and the primitive of the name that JAX gives an operation in StableHLO and HLO."""
    *path, primitive = parted(op_name)
    return scope_of("/".join(path)), primitive.partition("(")[0]


def joined(outer: str, inner: str) -> str:
    """Return the scope of what is in scope `inner` of a function that is called in scope `outer`."""
    return f"{outer}/{inner}" if outer and inner else outer or inner
