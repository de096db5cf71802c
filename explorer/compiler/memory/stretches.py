"""A function whose operations are computed again, stretch by stretch, in the backward pass.

`jax.checkpoint` around a whole function saves nothing at the peak: all of it is computed again at once. Around each of
about √n stretches of its n operations, only what lies between two stretches is kept, and one stretch at a time is
computed again. Each turn of a scan is a stretch of its own.

Source: Chen, Xu, Zhang, Guestrin, "Training Deep Nets with Sublinear Memory Cost", arXiv:1604.06174.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import jax
from jax.extend import core

from explorer.compiler.evaluated import bind

Policy = Callable[..., Any] | None


def in_stretches(fn: Callable[..., Any], policy: Policy = None) -> Callable[..., Any]:
    """Return a function that does the same, with `jax.checkpoint` around each stretch of its operations.

    Args:
      fn: takes arrays, or trees of them.
      policy: what is kept all the same, as `jax.checkpoint` takes it.
    """

    plain = getattr(fn, "__wrapped__", fn) if hasattr(fn, "lower") else fn  # what jit was put around

    @wraps(fn)
    def stretched(*args: Any, **kwargs: Any) -> Any:
        closed, shapes = jax.make_jaxpr(plain, return_shape=True)(*args, **kwargs)
        jaxpr = closed.jaxpr
        known = dict(zip(jaxpr.constvars, closed.consts, strict=True))
        known.update(zip(jaxpr.invars, jax.tree.leaves((args, kwargs)), strict=True))
        many = max(1, round(math.sqrt(len(jaxpr.eqns))))
        size = max(1, math.ceil(len(jaxpr.eqns) / many))
        for first in range(0, len(jaxpr.eqns), size):
            stretch = jaxpr.eqns[first : first + size]
            after = {v for e in jaxpr.eqns[first + size :] for v in _variables(e.invars)} | {*_variables(jaxpr.outvars)}
            made = {var for equation in stretch for var in equation.outvars}
            takes = list(dict.fromkeys(v for e in stretch for v in _variables(e.invars) if v not in made))
            gives = [var for equation in stretch for var in equation.outvars if var in after]
            run = jax.checkpoint(_running(stretch, takes, gives, policy), policy=policy)
            known.update(zip(gives, run(*(known[var] for var in takes)), strict=True))
        leaves = [out.val if isinstance(out, core.Literal) else known[out] for out in jaxpr.outvars]
        return jax.tree.unflatten(jax.tree.structure(shapes), leaves)

    return stretched


def _running(
    equations: Sequence[Any], takes: Sequence[Any], gives: Sequence[Any], policy: Policy
) -> Callable[..., list[Any]]:
    """Return a function that runs equations."""

    def run(*values: Any) -> list[Any]:
        known = dict(zip(takes, values, strict=True))
        for equation in equations:
            given = [one.val if isinstance(one, core.Literal) else known[one] for one in equation.invars]
            results = (
                _scanned(equation.params, given, policy) if equation.primitive.name == "scan" else bind(equation, given)
            )
            known.update(zip(equation.outvars, results, strict=True))
        return [known[var] for var in gives]

    return run


def _scanned(params: Mapping[str, Any], given: Sequence[Any], policy: Policy) -> list[Any]:
    """Run a scan of which each turn is computed again."""
    turn = jax.checkpoint(core.jaxpr_as_fun(params["jaxpr"]), policy=policy)
    if "num_consts" in params:
        consts, carried = params["num_consts"], params["num_carry"]
    else:  # jax 0.12: trees of what is constant, what is carried, and the rows
        consts, carried, _ = map(len, params["ft_in"].unpack())

    def body(carry: list[Any], row: list[Any]) -> tuple[list[Any], list[Any]]:
        results = turn(*given[:consts], *carry, *row)
        return list(results[:carried]), list(results[carried:])

    carry, rows = list(given[consts : consts + carried]), list(given[consts + carried :])
    kept, given_out = jax.lax.scan(
        body, carry, rows, length=params["length"], reverse=params["reverse"], unroll=params["unroll"]
    )
    return [*kept, *given_out]


def _variables(atoms: Sequence[Any]) -> list[Any]:
    return [atom for atom in atoms if not isinstance(atom, core.Literal)]
