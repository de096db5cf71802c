"""A look at a function: tracing, lowering and compiling it, and what becomes of each."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
from jax.extend import source_info_util

from explorer.compiler.classic_errors import first_line
from explorer.compiler.frames import COMPILER, callers, owner
from explorer.compiler.fresh import is_jitted
from explorer.compiler.inspection import Inspection
from explorer.compiler.kept import Arguments, kept
from explorer.compiler.options import PLAIN, Options
from explorer.compiler.problem import problem_of
from explorer.compiler.source import Definition, Files, code_of
from explorer.compiler.stage import STAGES, unavailable
from explorer.compiler.steps import Steps
from explorer.display import get_ready

# JAX leaves its own frames out of the locations it writes into StableHLO and HLO; ours are no more the
# user's.
source_info_util.register_exclusion(COMPILER)


def look(
    fn: Any,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    device: jax.Device | None = None,
    name: str | None = None,
    wrote: Any = None,
    options: Options = PLAIN,
    given: Arguments | None = None,
) -> Inspection:
    """Inspect `fn(*args, **kwargs)` for a device.

    Args:
      fn, args, kwargs: as `inspect` takes them.
      device: where the function would run; None leaves it to the arguments and JAX's default. With a
        device, arrays stand for their shapes only, wherever they live.
      name: what people call the function; its own name otherwise.
      wrote: what the person wrote, where `fn` was made of it; `fn` itself otherwise.
      options: how it is jitted and compiled.
      given: the arguments to run it with, where those above are only their shapes.

    Raises:
      Whatever `fn` raises while it is traced, unchanged.
    """
    kwargs = kwargs or {}
    outside = callers(sys._getframe(1))
    files = Files()
    definition = _definition(fn if wrote is None else wrote, files)
    if device is not None:
        args, kwargs = jax.tree.map(_shape_only, (tuple(args), dict(kwargs)))
    steps = Steps(fn, outside, files, definition, options)
    with _on(device):
        steps.trace(args, kwargs)
        steps.lower()
        get_ready(lambda: steps.stages["jaxpr"].links)
        steps.compile()
    return Inspection(
        name or name_of(fn if wrote is None else wrote),
        options.place or str(device or _device_of(steps.compiled)),
        steps.stages,
        files=files,
        definition=definition,
        compiled=steps.compiled,
        times_ms=steps.times_ms,
        problem=steps.problem,
        arguments=kept(args, kwargs) if given is None else kept(*given),
        steps=steps,
    )


def failed(error: BaseException, fn: Any, *, device: jax.Device | None = None, name: str | None = None) -> Inspection:
    """Return the Inspection of a function that raised while it was traced: no stage, and the problem."""
    problem = problem_of(error, fn)
    reason = f"The function could not be traced: {first_line(problem['text'])}"
    return Inspection(
        name or name_of(fn),
        str(device or jax.devices()[0]),
        {stage: unavailable(stage, reason) for stage in STAGES},
        files=(files := Files()),
        definition=_definition(fn, files),
        problem=problem,
    )


def _definition(fn: Any, files: Files) -> Definition | None:
    code = code_of(fn)
    if code is None or owner(code.co_filename) == "hidden":
        return None
    number = files.add(code.co_filename)  # read now: it may be edited before anybody asks for the links
    return Definition(code, files.lines(number))


def _on(device: jax.Device | None) -> AbstractContextManager[Any]:
    return nullcontext() if device is None else jax.default_device(device)


def _shape_only(leaf: Any) -> Any:
    """Return what tracing needs of an argument, without the device it lives on."""
    if isinstance(leaf, jax.Array | jax.ShapeDtypeStruct):
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, weak_type=bool(getattr(leaf, "weak_type", False)))
    return leaf


def name_of(fn: Any) -> str:
    """Return what people call a function."""
    if isinstance(fn, jax.stages.Traced):
        return str(fn.fun_name)
    inner = fn.__wrapped__ if is_jitted(fn) and hasattr(fn, "__wrapped__") else fn
    while hasattr(inner, "func"):
        inner = inner.func
    return str(getattr(inner, "__name__", None) or type(inner).__name__)


def _device_of(compiled: Any) -> str:
    """Return the names of the devices of a program; the default device where it does not say."""
    for side in ("input_shardings", "output_shardings"):
        try:
            sharding = jax.tree.leaves(getattr(compiled, side))[0]
            return ", ".join(str(d) for d in sorted(sharding.device_set, key=lambda d: d.id))
        except (AttributeError, IndexError, NotImplementedError, ValueError):
            continue  # nothing goes in, or out, or the backend does not tell
    return str(jax.devices()[0])
