"""Which equations of a differentiated function belong to its backward pass.

JAX marks what it transposed: `transpose(jvp(...))` stands in the equation's name stack. But the factors
that the backward pass multiplies with (1/x for a log, 0.5/sqrt(x) for a sqrt) are computed beside the
forward pass and carry no such mark. They are told by their use: nothing but the backward pass reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jax.extend import core


def backward_equations(jaxpr: Any, only_backward: Sequence[bool]) -> list[tuple[bool, tuple[bool, ...]]]:
    """Tell for each equation whether it is for the backward pass, and which of its outputs are.

    Args:
      jaxpr: an open jaxpr.
      only_backward: for each of its outputs, whether only a backward pass reads it.
    """
    forward: set[Any] = set()
    backward: set[Any] = set()
    for atom, late in zip(jaxpr.outvars, only_backward, strict=True):
        _mark(backward if late else forward, [atom])
    told = []
    for eqn in reversed(jaxpr.eqns):
        outputs = tuple(var in backward and var not in forward for var in eqn.outvars)
        read_forward = any(var in forward for var in eqn.outvars)
        is_backward = is_transposed(eqn) or (any(outputs) and not read_forward)
        _mark(backward if is_backward else forward, eqn.invars)
        told.append((is_backward, outputs))
    return told[::-1]


def is_transposed(eqn: Any) -> bool:
    """Say whether JAX made an equation by transposing another."""
    return "transpose(" in str(eqn.source_info.name_stack)


def _mark(used: set[Any], atoms: Sequence[Any]) -> None:
    used.update(atom for atom in atoms if not isinstance(atom, core.Literal))
