"""What is looked at: a function with its arguments, and the choices of how. A change makes a new one."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp

from explorer.catalog import targets
from explorer.compiler import shapes, spread
from explorer.compiler.composition import composed, explained
from explorer.compiler.inspection import Inspection
from explorer.compiler.look import look, name_of
from explorer.compiler.modules import as_call
from explorer.compiler.options import DISABLED, PLAIN, Options, in_words, passes_off, without_pass
from explorer.compiler.options_known import header as known_options
from explorer.compiler.options_known import parsed as parsed_options
from explorer.compiler.targets.choice import chosen, entries
from explorer.compiler.targets.sharding import Sharding
from explorer.compiler.targets.sharding_typed import typed
from explorer.compiler.transform import choices, parsed
from explorer.compiler.transformed import Applied
from explorer.errors import ExplorerError, FieldError
from explorer.records import Record

STAGED = (jax.stages.Traced, jax.stages.Lowered, jax.stages.Compiled)
DTYPES = {"float32": "f32", "bfloat16": "bf16", "float16": "f16", "float64": "f64"}


@dataclass(frozen=True, eq=False)
class Subject:
    """A function, its arguments and how it is looked at.

    Args:
      fn: as `inspect` takes it.
      args, kwargs: as `inspect` takes them.
      transforms: the first is applied first.
      dtype: of the floating-point arguments; None leaves them as they are.
      sizes: changed sizes of axes, {(argument, axis): size}, arguments by name.
      device: where it would run; None leaves it to the arguments.
      options: how it is jitted and compiled.
      sharding: how it is spread over several devices; None leaves that to the arguments.
      title: what people call the function; its own name where None.
      x64: whether 64-bit types exist, as where it was made; another thread would not know.
    """

    fn: Any
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    transforms: tuple[Applied, ...] = ()
    dtype: str | None = None
    sizes: Mapping[tuple[str, int], int] = field(default_factory=dict)
    device: jax.Device | None = None
    options: Options = PLAIN
    sharding: Sharding | None = None
    title: str | None = None
    x64: bool = field(default_factory=lambda: _x64())  # defined below

    def look(self) -> Inspection:
        """Trace, lower and compile it; the inspection knows it, with shapes in place of arrays.

        Raises:
          FieldError: a choice does not fit, in words; else whatever the function raises, unchanged.
        """
        if isinstance(self.fn, STAGED):
            if self.changed:
                raise FieldError("fn", "it is traced already, and cannot be changed any more.", "Give the function.")
            return look(self.fn, self.args, self.kwargs, device=self.device)
        call = as_call(self.fn, self.args, self.kwargs)
        args, kwargs = call.args, call.kwargs
        if self.sizes or self.dtype:
            args, kwargs = shapes.changed(call.wrote, args, kwargs, self.dtype, self.sizes)
        with self._precision():
            try:
                fn, given, named = self._transformed(call.fn, args, kwargs)
                device, own, sharding = self.device, None, self.sharding
                if sharding is not None:
                    own = given, dict(named)
                    names = shapes.names_of(call.wrote, given, {})
                    sharding = sharding.resolved(given, names)
                    given, device = sharding.spread(given, device, self.options.target, names), None
                looked = look(
                    fn, given, named, device=device, name=self.name, wrote=call.wrote, options=self.options, given=own
                )
            except ExplorerError:
                raise
            except Exception as error:
                told = explained(_bound(call.fn, kwargs), args, self.transforms, error) if self.transforms else None
                if told is None:
                    raise
                raise told from error
        looked.subject, looked.sharding = self.light(), sharding
        return looked

    def light(self) -> Subject:
        """Return it with shapes in place of arrays, which it would otherwise keep in memory."""
        args, kwargs = shapes.changed(self.fn, self.args, self.kwargs)
        return replace(self, args=args, kwargs=kwargs)

    def _transformed(self, fn: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return the transformed function and its arguments; keyword arguments go through untouched."""
        if not self.transforms:
            return fn, args, kwargs
        made = composed(_bound(fn, kwargs), args, self.transforms)
        if not kwargs:
            return made.fn, made.args, {}
        transforms = self.transforms

        def call(*given: Any, **named: Any) -> Any:
            # The arguments were made once; inside the trace the same transformations go around the traced ones.
            inner = composed(_bound(fn, named), args, transforms)
            return inner.fn(*given)

        call.__name__ = call.__qualname__ = name_of(fn)
        if len(made.args) == len(args):  # its arguments have the function's own names
            with suppress(TypeError, ValueError):
                call.__signature__ = inspect.signature(fn)  # type: ignore[attr-defined]
        return call, made.args, kwargs

    def _precision(self) -> AbstractContextManager[Any]:
        wanted = self.x64 or self.dtype == "float64"
        return jax.enable_x64(True) if wanted and not _x64() else nullcontext()

    @property
    def changed(self) -> bool:
        """Whether anything is asked for besides the function and its arguments."""
        return bool(self.transforms or self.dtype or self.sizes or self.options != PLAIN)

    @property
    def name(self) -> str:
        """What people call it, such as "jit of grad of loss at bf16"."""
        name = self.title or name_of(self.fn)
        for applied in self.transforms:
            name = f"{applied.name} of {name}"
        parts = [name, f"in {DTYPES[self.dtype]}" if self.dtype else "", in_words(self.options.compiler_options)]
        return " ".join(part for part in parts if part)

    def with_transforms(self, transforms: Sequence[Any]) -> Subject:
        """Return it with these transformations, each a name, (name, options) or {"name", "options"}."""
        return replace(self, transforms=parsed(transforms))

    def with_dtype(self, dtype: str | None) -> Subject:
        """Return it with its floating-point arguments of a dtype; None leaves them as they were given.

        Raises:
          FieldError: it is none of those that can be chosen.
        """
        if dtype is not None and dtype not in DTYPES:
            raise FieldError("dtype", f"there is no choice '{dtype}'.", f"Allowed: {', '.join(DTYPES)}.")
        return replace(self, dtype=dtype)

    def with_target(self, name: str | None) -> Subject:
        """Return it for a device here or for a machine to compile for, by name; None leaves it to the arguments.

        Raises:
          FieldError: there is none of that name.
        """
        device, platform, machine = chosen(name)
        return replace(self, device=device, options=replace(self.options, platform=platform, target=machine))

    def with_sharding(self, mesh: str, specs: str) -> Subject:
        """Return it spread over a mesh, both as `sharding.typed` takes them; no mesh is one device.

        Raises:
          FieldError: they cannot be read.
        """
        return replace(self, sharding=typed(mesh, specs))

    def with_mesh(self, mesh: str) -> Subject:
        """Return it spread over another mesh; what its arguments are split over and it has not is left out.

        Raises:
          FieldError: it cannot be read.
        """
        return replace(self, sharding=spread.with_mesh(self.sharding, mesh, self._specs()))

    def with_split(self, argument: str, axis: int, names: str) -> Subject:
        """Return it with one axis of an array split over other axes of the mesh.

        Args:
          argument: the array's name, such as "x" or "params['w']".
          axis: from 0.
          names: of axes of the mesh, such as "data" or "data+model"; "" is not split.

        Raises:
          FieldError: there is no mesh, or no such array or axis.
        """
        leaves = self._leaves()
        return replace(self, sharding=spread.with_split(self.sharding, leaves, self._specs(), argument, axis, names))

    @property
    def target(self) -> str | None:
        """The name of what it is for, None where that is left to the arguments."""
        if self.options.target is not None:
            return self.options.target.name
        if self.device is None:
            return self.options.platform
        return next(name for name in targets.devices() if targets.device(name) == self.device)

    def with_compiler_options(self, options: Mapping[str, Any]) -> Subject:
        """Return it compiled with these options of XLA's, and no others besides the passes that are left out.

        Args:
          options: by name; what was typed is read as XLA takes it.

        Raises:
          FieldError: a name is none, or a known option cannot have the value.
        """
        off = {name: value for name, value in self.options.compiler_options.items() if name == DISABLED}
        return replace(self, options=replace(self.options, compiler_options={**parsed_options(options), **off}))

    def with_passes_off(self, names: Sequence[str]) -> Subject:
        """Return it compiled without these passes of XLA's, and with no other left out."""
        options = {name: value for name, value in self.options.compiler_options.items() if name != DISABLED}
        for name in names:
            options = without_pass(options, name)
        return replace(self, options=replace(self.options, compiler_options=options))

    def _spread(self) -> dict[str, Any] | None:
        """Return how it is spread, and over how many devices it can be; None where there is one device."""
        machine = self.options.target
        most = len(jax.devices()) if machine is None else machine.devices
        if most == 1 and self.sharding is None:
            return None
        return spread.header(self.sharding, self._leaves(), self._specs(), most)

    def _leaves(self) -> dict[str, jax.ShapeDtypeStruct]:
        """Return the arrays among the arguments by name, with their sizes as they are tried."""
        call = as_call(self.fn, self.args, self.kwargs)
        args, kwargs = shapes.changed(call.wrote, call.args, call.kwargs, self.dtype, self.sizes)
        return shapes.leaves_of(call.wrote, args, kwargs)

    def _specs(self) -> spread.Specs | None:
        """Return of each positional argument how its arrays are split, by name; None where that does not fit it."""
        call = as_call(self.fn, self.args, self.kwargs)
        return spread.specs_of(self.sharding, call.args, shapes.names_of(call.wrote, call.args, {}))

    def with_size(self, argument: str, axis: int, size: int) -> Subject:
        """Return it with another size of an axis; where it does not fit alone, so have the axes of the same size.

        Args:
          argument: its name, such as "x" or "params['w']".
          axis: from 0.
          size: from 1.

        Raises:
          FieldError: there is no such argument or axis, or neither it nor all of its size can be changed.
        """
        call = as_call(self.fn, self.args, self.kwargs)
        leaves = shapes.leaves_of(call.wrote, call.args, call.kwargs)
        sizes = shapes.resized(leaves, self.sizes, argument, axis, size)
        alone = replace(self, sizes={**self.sizes, (argument, axis): size})
        if alone.fits():
            return alone
        together = replace(self, sizes={**self.sizes, **sizes})
        if len(sizes) > 1 and together.fits():
            return together
        raise FieldError(
            f"{argument}, axis {axis}",
            f"it cannot be {size:,}: the shapes would not fit together any more.",
            f"It is {leaves[argument].shape[axis]:,} as it was given.",
        )

    def fits(self) -> bool:
        """Say whether the function can be traced with these arguments."""
        call = as_call(self.fn, self.args, self.kwargs)
        args, kwargs = shapes.changed(call.wrote, call.args, call.kwargs, self.dtype, self.sizes)
        try:
            with self._precision():
                made = composed(_bound(call.fn, kwargs), args, self.transforms)
                jitted = jax.jit(made.fn, static_argnums=self.options.static_argnums)
                jitted.eval_shape(*made.args)
        except Exception:  # whatever a function raises of shapes that it was not written for
            return False
        return True

    def record(
        self, function: str, problem: FieldError | None = None, busy: str | None = None, *, compiled_only: bool = False
    ) -> Record:
        """Return the record of what is looked at and what can be changed.

        Args:
          function: what the key calls it.
          problem: what was wrong with the last choice.
          busy: what is under way, in words.
          compiled_only: whether only how it is compiled can be changed, as of a function that a run is made of.
        """
        call = as_call(self.fn, self.args, self.kwargs)
        leaves = shapes.leaves_of(call.wrote, call.args, call.kwargs)
        dtypes = [leaf.dtype for leaf in leaves.values()]
        floats = any(jnp.issubdtype(dtype, jnp.floating) for dtype in dtypes)
        header = {
            "function": function,
            "name": self.title or name_of(self.fn),
            "transforms": [{"name": a.name, "options": _plain(a.options)} for a in self.transforms],
            "choices": [] if compiled_only else choices(),
            "dtype": self.dtype,
            "dtypes": [
                {"name": name, "reason": None if floats else "No argument is a floating-point array."}
                for name in DTYPES
            ],
            "target": self.target,
            "targets": entries(),
            "sharding": None if compiled_only else self._spread(),
            "size": None if self.options.target is None else self.options.target.size,
            "arguments": shapes.arguments_header(leaves, self.dtype, self.sizes),
            "compiler_options": {n: v for n, v in self.options.compiler_options.items() if n != DISABLED},
            "passes_off": list(passes_off(self.options.compiler_options)),
            "known_options": known_options(),
            "problem": None if problem is None else {"field": problem.field, "text": _sentence(problem)},
            "busy": busy,
        }
        return Record("subject", header)


def _x64() -> bool:
    """Say whether 64-bit types exist here; a context of this thread counts."""
    config: Any = jax.config
    return bool(config.jax_enable_x64)


def _bound(fn: Any, kwargs: Mapping[str, Any]) -> Any:
    """Return a function of the positional arguments only, with the name and the place of `fn`."""
    if not kwargs:
        return fn

    def bound(*args: Any) -> Any:
        return fn(*args, **kwargs)

    bound.__name__ = bound.__qualname__ = name_of(fn)
    return bound


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in options.items()}


def _sentence(problem: FieldError) -> str:
    return f"{problem.problem[:1].upper()}{problem.problem[1:]} {problem.allowed}".strip()
