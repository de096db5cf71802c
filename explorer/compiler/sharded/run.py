"""A function spread over a mesh and really run: on simulated devices in a process of its own, beside one device."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.extend import core

from explorer.compiler.classic_errors import first_line
from explorer.compiler.kept import Arguments
from explorer.compiler.made_up import drawn
from explorer.compiler.room import MB, available
from explorer.compiler.sharded.difference import REASON
from explorer.compiler.targets.environment import HERE
from explorer.compiler.targets.process import Process, TargetError, Words
from explorer.compiler.targets.program import check_size
from explorer.compiler.targets.sharding import Sharding
from explorer.errors import FieldError

MOST = 256  # devices
# Measured on the train step of a network of 784-256-10, 1024 images, 2 cores (jax 0.10.2): 8 devices took 364 MB and
# 0.1 s a call, 64 821 MB and 1.2 s, 256 2,021 MB and 4.6 s; the arrays of that step take 2.4 MB on each.
ALONE, EACH = 300 * MB, 7 * MB
SMALLER = "Give a smaller mesh with the same axes: what is split over it is split the same way."
SERVE = "explorer.compiler.sharded.serve"
RUNS = Words("Running on", "run on", "runs it")
SLOW = "the devices are simulated and share the cores of this machine: the times say nothing of real ones"
CALLS_BACK = (
    "The function calls back into Python while it runs (jax.debug.print, a callback), which cannot go to the process "
    "with the simulated devices. Look at it without."
)
WIDE = frozenset({"float64", "int64", "uint64", "complex128"})
NOT_TRACED = "What was handed over is lowered or compiled already: give the function itself."
BY_ITSELF = (
    "The function spreads its work by itself (shard_map), over a mesh of its own: there is no such program for one "
    "device to compare it with."
)
STATIC = "The function has static arguments of its own jit; make them constants of the function, and look again."


@dataclass(frozen=True)
class Result:
    """One array that a function returns, over many devices and on one.

    Args:
      name: where it is in what the function returns, such as "['w1']"; "" where it is all of it.
      shape, dtype: of all of it.
      piece: the shape that each device has of it.
      max_abs: the largest difference of two elements.
      max_rel: that over the largest value.
      tolerance: what `max_rel` may be; 0 where only the same will do.
      agrees: whether it is no more.
      equal: whether all elements are the same.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    piece: tuple[int, ...]
    max_abs: float
    max_rel: float
    tolerance: float
    agrees: bool
    equal: bool


@dataclass(frozen=True)
class ShardedRun:
    """What came of running a function over a mesh of simulated devices and on one device.

    Args:
      sharding: the mesh, and how the arguments were split.
      results: the arrays that it returns, compared.
      made_up: whether arguments of which only the shape is known were made up.
      one_ms, many_ms: milliseconds of a call on one device, and on all simulated ones.
    """

    sharding: Sharding
    results: tuple[Result, ...]
    made_up: bool
    one_ms: float
    many_ms: float

    def __repr__(self) -> str:
        rows = [
            f"  {r.name or 'result'}: {r.dtype}{list(r.shape)}, {list(r.piece)} on each device; largest difference "
            f"{r.max_abs:.3g}, {r.max_rel:.3g} of the largest value; {'agrees' if r.agrees else 'DIFFERS'}"
            for r in self.results
        ]
        times = f"  one device {self.one_ms:,.1f} ms, all {self.many_ms:,.1f} ms ({SLOW})"
        return "\n".join([f"<ShardedRun: {self.sentence}", *rows, f"{times}>"])

    @property
    def agrees(self) -> bool:
        """Whether all results agree."""
        return all(result.agrees for result in self.results)

    @property
    def tolerance_reason(self) -> str:
        """Why results may differ by as much as they may."""
        return REASON

    @property
    def sentence(self) -> str:
        """What came of it, in words."""
        where = f"{self.sharding.devices:,} simulated devices and on one"
        wrong = [result for result in self.results if not result.agrees]
        if wrong:
            worst = max(wrong, key=lambda result: result.max_rel)
            return (
                f"Run on {where}: {len(wrong):,} of {len(self.results):,} results differ by more than the order of "
                f"sums explains, most of all {worst.name or 'the result'}."
            )
        if all(result.equal for result in self.results):
            return f"Run on {where}: all results are the same."
        most = max(result.max_rel for result in self.results if not result.equal)
        return f"Run on {where}: the results agree; the largest difference is {most:.1e} of the largest value."


def run_sharded(
    traced: Any, given: Arguments, sharding: Sharding, statics: Sequence[int], timeout: float
) -> ShardedRun:
    """Run a traced function over a mesh of simulated devices, and on one device, with the same arguments.

    Args:
      traced: `jax.stages.Traced`, None where there is none.
      given: (args, kwargs) that it was traced with; what is only a shape in them is made up.
      sharding: the mesh, and how the arguments are split.
      statics: which positional arguments are static.
      timeout: seconds that all of it may take.

    Raises:
      FieldError: the mesh is too large, or does not fit the arguments.
      TargetError: it could not be run, in words.
    """
    if traced is None:
        raise TargetError(NOT_TRACED)
    if sharding.devices > MOST:
        told = f"it has {sharding.devices:,} devices, and each that is simulated takes memory and threads here."
        raise FieldError("mesh", told, f"Allowed: up to {MOST}. {SMALLER}")
    closed = traced.jaxpr
    if _spreads_itself(closed.jaxpr):
        raise TargetError(BY_ITSELF)
    with jax.enable_x64(True) if _is_wide(closed) else nullcontext():
        values, specs = _flat(given, sharding, statics, len(closed.in_avals))
        shapes, returned = ([jax.ShapeDtypeStruct(a.shape, a.dtype) for a in avals] for avals in _avals(closed))
        whole = _lowered(closed, shapes)
        split = _lowered(closed, Sharding(sharding.mesh, tuple(specs)).placed(shapes))
        arrays, made_up = _arrays(values, shapes)
        plain = [jax.eval_shape(_plain, shape).shape for shape in returned]
    asked = {
        "mesh": [list(axis) for axis in sharding.mesh],
        "arguments": [
            {"shape": array.shape, "dtype": array.dtype.name, "spec": [*(spec or ())]}
            for array, spec in zip(arrays, specs, strict=True)
        ],
        "results": plain,
    }
    _check_room(sharding.devices, arrays, specs, dict(sharding.mesh))
    process = Process(HERE, module=SERVE, words=RUNS)  # of its own: a process cannot change how many devices it has
    name = f"{sharding.devices:,} simulated devices"
    try:
        buffers = (whole, split, *(array.tobytes() for array in arrays))
        answer = process.ask(asked, buffers, timeout=timeout, name=name).header
    finally:
        process.close()
    results = tuple(
        Result(name, tuple(aval.shape), str(aval.dtype), **{**told, "piece": tuple(told["piece"])})
        for name, aval, told in zip(_names(traced), closed.out_avals, answer["results"], strict=True)
    )
    return ShardedRun(sharding, results, made_up, answer["one_ms"], answer["many_ms"])


def _flat(given: Arguments, sharding: Sharding, statics: Sequence[int], count: int) -> tuple[list[Any], list[Any]]:
    """Return the leaves of the arguments that are traced, and how each is split."""
    args, kwargs = given
    fixed = {number % len(args) for number in statics} if args else set()
    placed = sharding.placed(args)
    keep = [number for number in range(len(args)) if number not in fixed]
    leaves = jax.tree.leaves((tuple(args[n] for n in keep), kwargs))
    spread = jax.tree.leaves((tuple(placed[n] for n in keep), kwargs))
    if len(leaves) != count:
        raise TargetError(STATIC)
    return leaves, [getattr(getattr(leaf, "sharding", None), "spec", None) for leaf in spread]


def _check_room(devices: int, arrays: Sequence[Any], specs: Sequence[Any], sizes: Mapping[str, int]) -> None:
    """Check that there is memory for the arguments on every device: what is not split is there as often as devices."""
    parts = (math.prod(sizes[name] for name in jax.tree.leaves(tuple(spec or ()))) for spec in specs)
    each = sum(array.nbytes // part for array, part in zip(arrays, parts, strict=True))
    need, free = ALONE + devices * (EACH + 2 * each), available()  # the results, too
    if need > free:
        told = f"{devices:,} simulated devices would take about {need / MB:,.0f} MB, and {free / MB:,.0f} MB are free."
        raise FieldError("mesh", told, SMALLER)


def _spreads_itself(jaxpr: Any) -> bool:
    return any(
        equation.primitive.name == "shard_map" or any(map(_spreads_itself, core.jaxprs_in_params(equation.params)))
        for equation in jaxpr.eqns
    )


def _lowered(closed: Any, shapes: Sequence[Any]) -> bytes:
    """Return a program for CPUs as MLIR bytecode."""
    fn = jax.jit(core.jaxpr_as_fun(closed), keep_unused=True)
    try:
        operation = fn.trace(*shapes).lower(lowering_platforms=("cpu",)).compiler_ir("stablehlo").operation
    except Exception as error:  # whatever JAX raises for what runs on other devices only, or only over a mesh
        raise TargetError(f"It cannot be made for CPUs: {first_line(f'{type(error).__name__}: {error}')}") from error
    written = io.BytesIO()
    operation.write_bytecode(written)
    program = written.getvalue()
    check_size(len(program))
    if b"python_cpu_callback" in program:
        raise TargetError(CALLS_BACK)
    return program


def _arrays(values: Sequence[Any], shapes: Sequence[Any]) -> tuple[list[Any], bool]:
    """Return arguments as numpy arrays, and whether any was made up."""
    draw, any_made, found = np.random.default_rng(0), False, []
    for value, shape in zip(values, shapes, strict=True):
        if isinstance(value, jax.ShapeDtypeStruct):
            value, any_made = drawn(draw, shape.shape, shape.dtype), True
        plain = np.asarray(_plain(value))
        found.append(plain if _is_key(shape.dtype) else plain.astype(shape.dtype))
    return found, any_made


def _is_wide(closed: Any) -> bool:
    """Say whether a program has 64-bit types, which exist only where they are switched on."""
    return any(str(aval.dtype) in WIDE for avals in _avals(closed) for aval in avals)


def _avals(closed: Any) -> tuple[Sequence[Any], Sequence[Any]]:
    return closed.in_avals, closed.out_avals


def _plain(value: Any) -> Any:
    """Return the numbers that an array of keys is made of; any other as it is."""
    return jax.random.key_data(value) if _is_key(getattr(value, "dtype", np.dtype("f"))) else value


def _is_key(dtype: Any) -> bool:
    return bool(jax.dtypes.issubdtype(dtype, jax.dtypes.prng_key))


def _names(traced: Any) -> list[str]:
    paths = jax.tree_util.tree_flatten_with_path(traced.out_info)[0]
    return [jax.tree_util.keystr(path) for path, _ in paths]
