"""From a function and its arguments to what JAX and XLA make of it, stage by stage."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import jax
import jaxlib
from jax.extend import source_info_util

from explorer.compiler.classic_errors import first_line
from explorer.compiler.cost import cost_of, memory_of
from explorer.compiler.frames import COMPILER, callers
from explorer.compiler.fresh import is_jitted
from explorer.compiler.problem import Problem, problem_of
from explorer.compiler.stage import Stage, unavailable
from explorer.compiler.steps import Steps
from explorer.display import Shown
from explorer.records import Record

# JAX leaves its own frames out of the locations it writes into StableHLO and HLO; ours are no more the
# user's.
source_info_util.register_exclusion(COMPILER)

STAGES = ("jaxpr", "stablehlo", "hlo")


@dataclass(frozen=True, eq=False, repr=False)
class Inspection(Shown):
    """What JAX and XLA made of one function for one device.

    Args:
      name: the function's name as people read it.
      device: the device it was compiled for, such as "cpu:0".
      stages: "jaxpr", "stablehlo" and "hlo" to Stage; one that cannot be had says why.
      cost: flops, bytes_accessed (bytes), transcendentals of one call, as XLA counts them; what XLA does
        not give is missing. XLA counts the body of a loop once.
      memory: argument_bytes, output_bytes, temp_bytes, alias_bytes, code_bytes, peak_bytes.
      times_ms: milliseconds to trace, lower and compile, each None where it was not done.
      problem: {"title", "text", "where", "detail"} of what went wrong, else None.
    """

    name: str
    device: str
    stages: Mapping[str, Stage]
    cost: Mapping[str, float] = field(default_factory=dict)
    memory: Mapping[str, int] = field(default_factory=dict)
    times_ms: Mapping[str, float | None] = field(default_factory=dict)
    problem: Problem | None = None

    def __repr__(self) -> str:
        stages = ", ".join(repr(stage) for stage in self.stages.values())
        return f"<Inspection of {self.name} for {self.device}: {stages}>"

    def records(self, function: str) -> dict[str, Record]:
        """Return the records by their keys: inspection/<function> and stage/<function>/<stage>."""
        summary = Record(
            "inspection",
            {
                "function": function,
                "title": self.name,
                "device": self.device,
                "stages": [
                    {"stage": s.name, "title": s.title, "available": s.available, "reason": s.reason}
                    for s in self.stages.values()
                ],
                "times_ms": dict(self.times_ms),
                "cost": dict(self.cost),
                "memory": dict(self.memory),
                "versions": {
                    "jax": jax.__version__,
                    "jaxlib": jaxlib.__version__,
                    "python": platform.python_version(),
                },
                "problem": self.problem,
            },
        )
        stages = {f"stage/{function}/{name}": stage.record(function) for name, stage in self.stages.items()}
        return {f"inspection/{function}": summary, **stages}


def inspect(fn: Any, /, *args: Any, **kwargs: Any) -> Inspection:
    """Show what JAX and XLA make of `fn` for these arguments, without running it.

    Args:
      fn: a function, lambda, method, partial or callable object; or one that is jitted already, then with
        its own static and donated arguments; or a `jax.stages.Traced`, `Lowered` or `Compiled`, then
        without arguments.
      *args, **kwargs: all of them are `fn`'s own: arrays, pytrees of arrays, Python scalars, or
        `jax.ShapeDtypeStruct` where no array is at hand.

    Returns:
      An Inspection with the stages "jaxpr", "stablehlo" and "hlo".

    Raises:
      Whatever `fn` raises while it is traced, unchanged; `problem_of` tells it in plain words.
    """
    return look(fn, args, kwargs)


def look(
    fn: Any,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    device: jax.Device | None = None,
    name: str | None = None,
) -> Inspection:
    """Inspect `fn(*args, **kwargs)` for a device.

    Args:
      fn, args, kwargs: as `inspect` takes them.
      device: where the function would run; None leaves it to the arguments and JAX's default. With a
        device, arrays stand for their shapes only, wherever they live.
      name: what people call the function; its own name otherwise.

    Raises:
      Whatever `fn` raises while it is traced, unchanged.
    """
    kwargs = kwargs or {}
    outside = callers(sys._getframe(1))
    if device is not None:
        args, kwargs = jax.tree.map(_shape_only, (tuple(args), dict(kwargs)))
    steps = Steps(fn, outside)
    with _on(device):
        steps.trace(args, kwargs)
        steps.lower()
        steps.compile()
    return Inspection(
        name or _name_of(fn),
        str(device or _device_of(steps.compiled)),
        MappingProxyType({stage: steps.stages[stage] for stage in STAGES}),
        cost_of(steps.compiled),
        memory_of(steps.compiled),
        steps.times_ms,
        steps.problem,
    )


def failed(error: BaseException, fn: Any, *, device: jax.Device | None = None, name: str | None = None) -> Inspection:
    """Return the Inspection of a function that raised while it was traced: no stage, and the problem."""
    problem = problem_of(error, fn)
    reason = f"The function could not be traced: {first_line(problem['text'])}"
    return Inspection(
        name or _name_of(fn),
        str(device or jax.devices()[0]),
        MappingProxyType({stage: unavailable(stage, reason) for stage in STAGES}),
        times_ms={"trace": None, "lower": None, "compile": None},
        problem=problem,
    )


def _on(device: jax.Device | None) -> AbstractContextManager[Any]:
    return nullcontext() if device is None else jax.default_device(device)


def _shape_only(leaf: Any) -> Any:
    """Return what tracing needs of an argument, without the device it lives on."""
    if isinstance(leaf, jax.Array | jax.ShapeDtypeStruct):
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, weak_type=bool(getattr(leaf, "weak_type", False)))
    return leaf


def _name_of(fn: Any) -> str:
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
