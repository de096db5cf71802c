"""The face: look at a function as it is, or transformed, on a device or for a platform, with options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from explorer.compiler.inspection import Inspection
from explorer.compiler.options import Numbers, Options
from explorer.compiler.problem import noted
from explorer.compiler.subject import Subject
from explorer.compiler.targets.choice import chosen
from explorer.compiler.targets.sharding import sharding_of
from explorer.compiler.transform import parsed


def inspect(fn: Any, /, *args: Any, **kwargs: Any) -> Inspection:
    """Show what JAX and XLA make of `fn` for these arguments, without running it.

    Args:
      fn: a function, lambda, method, partial or callable object; or one that is jitted already, then with
        its own static and donated arguments; or a `jax.stages.Traced`, `Lowered` or `Compiled`, then
        without arguments; or a Flax NNX or Equinox module, whose parameters are then the first argument.
      *args, **kwargs: all of them are `fn`'s own: arrays, pytrees of arrays, Python scalars, or
        `jax.ShapeDtypeStruct` where no array is at hand.

    Returns:
      An Inspection with the stages "source", "jaxpr", "stablehlo", "hlo_before" and "hlo".

    Raises:
      Whatever `fn` raises while it is traced, unchanged but for a note under its traceback in plain words.
    """
    with noted(fn):
        return Subject(fn, args, kwargs).look()


def inspector(
    *,
    transform: Sequence[Any] = (),
    target: str | None = None,
    compiler_options: Mapping[str, Any] | None = None,
    static_argnums: Numbers = (),
    donate_argnums: Numbers = (),
    mesh: Mapping[str, int] | None = None,
    specs: Sequence[Any] = (),
    timeout: float = 300.0,
) -> Callable[..., Inspection]:
    """Return an `inspect` with options, so that a function's own keyword arguments stay its own.

        explorer.inspector(transform=["grad", ("vmap", {"in_axes": (None, 0)})])(loss, w, batch)

    Args:
      transform: names of jit, grad, value_and_grad, vmap, jvp, vjp, hessian, jacfwd, jacrev, checkpoint, or (name,
        options), the first applied first. jvp takes its tangents, and vjp its cotangent, as further arguments, which
        are made up as shapes.
      target: a device here, such as "cpu" or "gpu:1"; or one of `explorer.targets()`, such as "tpu-v5e:2x2" or
        "gpu-h100", to compile for what is not here; or "tpu", "cuda" or "rocm", to lower for it and no more.
      compiler_options: as `jax.stages.Lowered.compile` takes them.
      static_argnums, donate_argnums: as `jax.jit` takes them, of the transformed function.
      mesh: the axes of a mesh of devices with their sizes, such as {"data": 16, "model": 16}, to spread the program
        over: devices of the target, or else of this machine.
      specs: how each positional argument is split over the mesh: a `jax.sharding.PartitionSpec`, or a pytree of them
        that is a prefix of it; None, and what is left out, is whole on every device.
      timeout: seconds that compiling for a machine that is not here may take.

    Returns:
      A function of (fn, *args, **kwargs) that returns an Inspection.

    Raises:
      FieldError: there is no such transformation, option or target; what it returns raises it where one does not
        fit the function.
    """
    transforms = parsed(transform)
    device, platform, machine = chosen(target)
    sharding = sharding_of(mesh, specs)
    options = Options(static_argnums, donate_argnums, dict(compiler_options or {}), platform, machine, timeout)

    def inspect_so(fn: Any, /, *args: Any, **kwargs: Any) -> Inspection:
        with noted(fn):
            return Subject(fn, args, kwargs, transforms, device=device, options=options, sharding=sharding).look()

    return inspect_so
