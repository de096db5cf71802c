"""Every value that a jaxpr makes on the way, computed by one compiled program instead of one for each operation.

Run one by one, each operation of a new kind or shape is compiled on its own, which takes most of a replay.
Here the whole jaxpr is compiled once, every operation behind an optimization barrier, so that each gives
what it gives alone: nothing is fused, nothing is simplified away.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend import core

# Primitives that call one jaxpr with their own operands; JAX has renamed some of them over the versions.
CALLS = {
    "jit",
    "pjit",
    "closed_call",
    "core_call",
    "custom_jvp_call",
    "custom_vjp_call",
    "custom_vjp_call_jaxpr",
    "remat",
    "remat2",
    "checkpoint",
}

# For each equation its outputs, or for a call the pair of its outputs and the values inside.
Values = list[Any]

FEWEST = 6  # equations; fewer are run one by one
MOST = 3_000  # equations; compiling more at once takes longer than running the kinds there are one by one
KINDS = 4  # one program for all pays where at most so many equations share a kind
MOST_BYTES = 1 << 30  # what may be held of all values at once
RECENT = 8  # programs that are kept for the next replay
QUICK = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
    "xla_disable_hlo_passes": "fusion",
}


class Evaluator:
    """Computes all values of a jaxpr; what was compiled for one is kept for its next arguments."""

    def __init__(self) -> None:
        self._programs: dict[int, tuple[Any, Any]] = {}  # the jaxpr is held, so that its id stays its own

    def __call__(self, jaxpr: Any, constants: Sequence[Any], arguments: Sequence[Any]) -> Values | None:
        """Return the values of each equation of an open jaxpr; None where they are better had one by one."""
        if id(jaxpr) not in self._programs:
            self._programs[id(jaxpr)] = (jaxpr, self._compile(jaxpr, constants, arguments))
        program = self._programs[id(jaxpr)][1]
        if program is None:
            return None
        try:
            return program(list(constants), list(arguments))
        except Exception:  # other types than it was compiled for, or an operation that cannot run like this
            return None

    def _compile(self, jaxpr: Any, constants: Sequence[Any], arguments: Sequence[Any]) -> Any:
        if not _pays(jaxpr):
            return None
        try:
            lowered = jax.jit(lambda c, a: _values(jaxpr, c, a)[1]).lower(list(constants), list(arguments))
            try:
                return compiled_once(lowered, QUICK)
            except Exception:  # a backend that does not know these options
                return compiled_once(lowered, {})
        except Exception:  # what cannot be run inside of jit is run one by one
            return None


_recent: OrderedDict[tuple[Any, ...], Any] = OrderedDict()  # by what was lowered
_lock = threading.Lock()


def compiled_once(lowered: Any, options: Mapping[str, Any]) -> Any:
    """Compile; the same program is compiled once, as when a fault is looked for, corrected and looked for again."""
    text = lowered.as_text()
    if "__elided__" in text:  # constants that are not written out: two programs may look alike
        return lowered.compile(compiler_options=dict(options) or None)
    key = (hashlib.sha256(text.encode()).hexdigest(), lowered.in_tree, lowered.out_tree, tuple(sorted(options.items())))
    with _lock:
        if key in _recent:
            _recent.move_to_end(key)
            return _recent[key]
    program = lowered.compile(compiler_options=dict(options) or None)
    with _lock:
        _recent[key] = program
        while len(_recent) > RECENT:
            _recent.popitem(last=False)
    return program


def _values(jaxpr: Any, constants: Sequence[Any], arguments: Sequence[Any]) -> tuple[list[Any], Values]:
    known: dict[Any, Any] = dict(zip(jaxpr.constvars, constants, strict=True))
    known.update(zip(jaxpr.invars, arguments, strict=True))

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, core.Literal) else known[atom]

    values: Values = []
    for eqn in jaxpr.eqns:
        inputs = [read(atom) for atom in eqn.invars]
        inner = called(eqn)
        if inner is not None:
            outputs, inside = _values(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), inputs)
            values.append((outputs, inside))
        else:
            outputs = bind(eqn, inputs)
            if outputs:
                outputs = list(jax.lax.optimization_barrier(outputs))
            values.append(outputs)
        known.update(zip(eqn.outvars, outputs, strict=True))
    return [read(atom) for atom in jaxpr.outvars], values


def called(eqn: Any) -> Any:
    """Return the jaxpr that an equation calls with its own operands; None for every other equation."""
    if eqn.primitive.name not in CALLS:
        return None
    return eqn.params.get("jaxpr", eqn.params.get("call_jaxpr"))


def bind(eqn: Any, arrays: Sequence[Any]) -> list[Any]:
    """Run one equation on arrays and return its outputs."""
    params = eqn.primitive.get_bind_params(eqn.params)
    result = eqn.primitive.bind(*arrays, **params)
    return list(result) if eqn.primitive.multiple_results else [result]


def _pays(jaxpr: Any) -> bool:
    number, size, kinds = 0, 0, set()
    waiting = [jaxpr]
    while waiting:
        for eqn in waiting.pop().eqns:
            inner = called(eqn)
            if inner is not None:
                waiting.append(getattr(inner, "jaxpr", inner))
                continue
            number += 1
            size += sum(_bytes(var.aval) for var in eqn.outvars)
            kinds.add((eqn.primitive.name, *(str(atom.aval) for atom in (*eqn.invars, *eqn.outvars))))
    return FEWEST <= number <= MOST and number <= KINDS * len(kinds) and size <= MOST_BYTES


def _bytes(aval: Any) -> int:
    dtype = getattr(aval, "dtype", None)
    return int(np.prod(getattr(aval, "shape", ()), dtype=np.int64)) * getattr(dtype, "itemsize", 0)
