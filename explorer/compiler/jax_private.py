"""The one place that reaches into JAX's private modules, and why.

JAX keeps a traced function by the identity of the function object. A fresh copy of the outermost function
(`fresh.py`) is enough for what it calls directly, but the bodies that it hands to `scan`, `cond`, `remat`
or an inner `jit` keep their identity, and after a helper of theirs is edited JAX answers with the old
jaxpr. JAX's caches also look at the tracing context, and `jax_xla_profile_version` is a part of that
context which tracing itself never reads: a number not used before, set for this thread and for the time of
one trace, makes every trace a new one. Nothing is cleared, and the user's configuration is left as it is.
There is no public name for this. Where the private one is gone, the context below does nothing, and
`test_compiler_fresh.py` says so.

`jax.monitoring` says that a function was traced or compiled, and how long it took, but not with which
arguments, and no public name does. It says so while the call is still on the stack, so they are read from
there. Where a version keeps them elsewhere, nothing is found, and `test_watch.py` says so.

`Compiled.cost_analysis()` counts whole programs, and no public name counts a part of one. jaxlib's own reader
and cost analysis take any HLO text. Where they are gone, the figures say so, and `test_instruction_cost.py`.

A compile that is made to see the passes is of no use to anybody later. How long a program has to compile before JAX
writes it to a persistent cache can be set for everything by a public name, but for one thread and one compile by this
one only. Where it is gone, the program is written too, and `test_passes.py` says so.

JAX compiles and runs only what it traced itself. What was traced in the kernel is compiled and run in other processes,
where the function is not; jaxlib's client does both, and no public name hands it a program, or tells in JAX's words how
XLA split the results. Where that is gone, they say so, and `test_target_programs.py` and `test_sharded_run.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import FrameType
from typing import Any, NamedTuple

import jax
import numpy as np

_numbers = itertools.count(-1, -1)  # JAX hands a positive one to XLA's compiler; 0 is the default

try:
    from jax._src.config import jax_xla_profile_version as _part_of_the_context
except ImportError:  # pragma: no cover
    _part_of_the_context = None  # type: ignore[assignment]


def new_tracing_context() -> AbstractContextManager[Any]:
    """Return a context in which no function counts as traced before."""
    return nullcontext() if _part_of_the_context is None else _part_of_the_context(next(_numbers))


class JitCall(NamedTuple):
    """What a jitted function was called with; which arguments are static is None where JAX does not tell."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    static_argnums: tuple[int, ...] | None
    static_argnames: tuple[str, ...] | None


def jit_call(frame: FrameType) -> JitCall | None:
    """Return the call that `frame` answers, where it is the one in which JAX takes a jitted function's call."""
    if not frame.f_globals.get("__name__", "").startswith("jax."):
        return None
    found = frame.f_locals
    args, kwargs = found.get("args"), found.get("kwargs")
    if not isinstance(args, tuple) or not isinstance(kwargs, dict):
        return None
    jitted = found.get("jit_func")
    options = found["jit_info"] if "jit_info" in found else getattr(jitted, "_jit_info", None)
    fn = found.get("fun") if jitted is None else getattr(jitted, "_fun", None)
    if options is None or not callable(fn):
        return None
    return JitCall(
        fn, args, kwargs, getattr(options, "static_argnums", None), getattr(options, "static_argnames", None)
    )


try:
    from jaxlib._hlo import hlo_module_from_text as _parsed  # type: ignore[import-not-found]
    from jaxlib._jax import hlo_module_cost_analysis as _analysed  # type: ignore[import-not-found]
except ImportError:  # pragma: no cover
    _parsed = _analysed = None

NO_COST = "this version of jaxlib has no cost analysis of HLO text"


def hlo_cost(text: str) -> Mapping[str, float]:
    """Return XLA's own count of an HLO module given as text: "flops", "bytes accessed" and others.

    Raises:
      NotImplementedError: jaxlib does not have these functions any more.
      ValueError: XLA cannot read the text.
    """
    if _parsed is None or _analysed is None:
        raise NotImplementedError(NO_COST)
    try:
        return _analysed(jax.devices()[0].client, _parsed(text))
    except (RuntimeError, TypeError) as error:
        raise ValueError(str(error)) from error


try:
    from jax._src.config import persistent_cache_min_compile_time_secs as _kept_from
except ImportError:  # pragma: no cover
    _kept_from = None  # type: ignore[assignment]


def nothing_cached() -> AbstractContextManager[Any]:
    """Return a context in which no program that is compiled is written to JAX's persistent cache."""
    return nullcontext() if _kept_from is None else _kept_from(float("inf"))


try:
    from jax._src.compiler import get_compile_options as _compile_options
    from jax._src.interpreters.mlir import make_ir_context as _mlir_context
    from jaxlib._jax import DeviceList as _DeviceList
    from jaxlib.mlir.ir import Module as _Module
except ImportError:  # pragma: no cover
    _compile_options = None  # type: ignore[assignment]


def compiled_for(devices: Sequence[Any], module: bytes, options: Mapping[str, Any]) -> Any:
    """Compile a module for devices that are not here; to be called where an abort of XLA's does no harm.

    Args:
      devices: of a topology that is only described, as many as the module has partitions.
      module: StableHLO as MLIR bytecode.
      options: as `jax.stages.Lowered.compile` takes them.

    Returns:
      jaxlib's executable, which tells of the program and cannot be run.

    Raises:
      NotImplementedError: JAX does not have these functions any more.
      RuntimeError: whatever XLA raises.
    """
    parsed, chosen = _asked(devices, module, options)
    return devices[0].client.compile(parsed, executable_devices=_DeviceList(tuple(devices)), compile_options=chosen)


def compiled_here(devices: Sequence[Any], module: bytes, options: Mapping[str, Any]) -> Any:
    """Compile a module for devices of this process; arguments, result and errors as those of `compiled_for`.

    JAX compiles only what it traced itself, and this is compiled where the function is not.
    """
    parsed, chosen = _asked(devices, module, options)
    return devices[0].client.compile_and_load(parsed, _DeviceList(tuple(devices)), compile_options=chosen)


try:
    from jax._src.sharding_impls import GSPMDSharding as _AsXlaSplits
except ImportError:  # pragma: no cover
    _AsXlaSplits = None  # type: ignore[assignment, misc]


def run_here(
    program: Any, devices: Sequence[Any], arguments: Sequence[jax.Array], shapes: Sequence[tuple[int, ...]]
) -> list[jax.Array]:
    """Run what `compiled_here` compiled: JAX itself runs only what it traced, and this is where the function is not.

    Args:
      program: jaxlib's executable.
      devices: that it was compiled for, in their order.
      arguments: all of them, split over the devices as the program takes them.
      shapes: of the results, all devices together.

    Returns:
      The results, split over the devices as XLA chose.

    Raises:
      NotImplementedError: JAX does not have these functions any more.
      RuntimeError: whatever XLA raises.
    """
    if _AsXlaSplits is None:
        raise NotImplementedError("this version of JAX does not tell how the results of a program are split")
    pieces = program.execute_sharded(list(arguments)).disassemble_into_single_device_arrays()
    if len(devices) == 1:
        return [own[0] for own in pieces]
    splits = [_AsXlaSplits(tuple(devices), split) for split in program.get_output_shardings()]
    return [
        jax.make_array_from_single_device_arrays(shape, split, own)
        for shape, split, own in zip(shapes, splits, pieces, strict=True)
    ]


def _asked(devices: Sequence[Any], module: bytes, options: Mapping[str, Any]) -> tuple[Any, Any]:
    if _compile_options is None:
        raise NotImplementedError("this version of JAX has no compiler for devices that are only described")
    numbers = np.array([[device.id for device in devices]])
    chosen = _compile_options(
        num_replicas=1, num_partitions=len(devices), device_assignment=numbers, env_options_overrides=dict(options)
    )
    return _Module.parse(module, context=_mlir_context()), chosen
