"""What the backward pass needs of the forward pass (its residuals): kept in memory from one to the other.

JAX marks what it transposed. Whatever a transposed equation reads and another made, or an argument brought, is kept
until then. It is what JAX recorded; XLA may still compute some of it again, or keep it in another form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend import core

from explorer.compiler.direction import is_transposed
from explorer.compiler.frames import Frame, chosen
from explorer.compiler.jaxpr_spans import frames_of
from explorer.compiler.links import SourceSpan
from explorer.compiler.listed import Listed
from explorer.compiler.source import Files

NOT_TRACED = "What was handed over is traced already: which operation needs what is not known any more."
NO_BACKWARD = "It gives no number that could be differentiated."


@dataclass(frozen=True, slots=True)
class Residual:
    """A value that the backward pass needs.

    Args:
      name: the primitive that makes it, or the argument that it is.
      shape: its type, such as "f32[32,256]".
      bytes: its size.
      argument: whether it is an argument, which is in memory anyway.
      source: where in the source it is made; None for an argument, and where that is not known.
    """

    name: str
    shape: str
    bytes: int
    argument: bool
    source: SourceSpan | None = field(default=None)


class Residuals(Listed[Residual]):
    """What the backward pass needs, the most bytes first; empty, with a reason, where there is none.

    Args:
      found: all of them.
      supposed: whether the function has no backward pass, and this is what one would need.
      missing: why there are none.
    """

    def __init__(self, found: Sequence[Residual] = (), supposed: bool = False, missing: str | None = None) -> None:
        super().__init__(tuple(sorted(found, key=lambda one: -one.bytes)))
        self.supposed, self.missing = supposed, missing

    def __repr__(self) -> str:
        if self.missing is not None:
            return f"<no residuals: {self.missing}>"
        would = "would be " if self.supposed else ""
        head = f"<{self.bytes:,} bytes {would}kept for the backward pass, besides arguments>"
        return "\n".join([head, *(f"{r.bytes:>14,}  {r.name}  {r.shape}  {_told(r)}".rstrip() for r in self)])

    @property
    def bytes(self) -> int:
        """The bytes that are kept, without arguments."""
        return sum(one.bytes for one in self if not one.argument)

    @property
    def by_source(self) -> dict[SourceSpan, int]:
        """The bytes that each piece of source keeps, the most first."""
        found: dict[SourceSpan, int] = {}
        for one in self:
            if one.source is not None:
                found[one.source] = found.get(one.source, 0) + one.bytes
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def residuals_of(closed: Any, files: Files, outside: frozenset[Frame] = frozenset()) -> Residuals:
    """Return what the backward passes in a function need; where it has none, what one would.

    Args:
      closed: the `ClosedJaxpr` of the function.
      files: the table of source files.
      outside: the frames around the tracing; the equations do not come from them.
    """
    names = tuple(map(str, getattr(closed.jaxpr.debug_info, "arg_names", ()) or ()))
    found = _Search(files, outside, names).of(closed.jaxpr)
    if found:
        return Residuals(found)
    derived = _with_backward(closed)
    if derived is None:
        return Residuals(missing=NO_BACKWARD)
    return Residuals(_Search(files, outside, names).of(derived.jaxpr), supposed=True)


def _with_backward(closed: Any) -> Any:
    """Return the jaxpr of a function and its backward pass; None where it has none."""
    inexact = [i for i, aval in enumerate(closed.in_avals) if jnp.issubdtype(aval.dtype, jnp.inexact)]
    results = [i for i, aval in enumerate(closed.out_avals) if jnp.issubdtype(aval.dtype, jnp.inexact)]
    if not inexact or not results:
        return None
    call: Callable[..., Any] = core.jaxpr_as_fun(closed)

    def both(*given: Any) -> Any:
        def part(*wanted: Any) -> Any:
            filled = list(given)
            for i, value in zip(inexact, wanted, strict=True):
                filled[i] = value
            out = call(*filled)
            return [out[i] for i in results]

        value, pull = jax.vjp(part, *(given[i] for i in inexact))
        return value, pull([jnp.ones_like(one) for one in value])

    return jax.make_jaxpr(both)(*(jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in closed.in_avals))


class _Search:
    """Looks for what transposed equations read that others made.

    Args:
      files, outside: as `residuals_of` takes them.
      names: of the arguments.
    """

    def __init__(self, files: Files, outside: frozenset[Frame], names: Sequence[str]) -> None:
        self.files, self.outside, self.names = files, outside, names

    def of(self, jaxpr: Any, arguments: Sequence[str | None] | None = None) -> list[Residual]:
        """Return those of a jaxpr, and of the jaxprs that its equations run.

        Args:
          jaxpr: an open one.
          arguments: the names of what it takes, None for what is no argument of the function.
        """
        if arguments is None:
            arguments = [*self.names, *(f"argument {i}" for i in range(len(self.names), len(jaxpr.invars)))]
        named = {var: name for var, name in zip(jaxpr.invars, arguments, strict=False) if name}
        made = {var: equation for equation in jaxpr.eqns for var in equation.outvars}
        needed: dict[Any, None] = {}
        found = []
        for equation in jaxpr.eqns:
            if is_transposed(equation):
                needed.update(dict.fromkeys(v for v in equation.invars if not isinstance(v, core.Literal)))
                continue
            for inner in core.jaxprs_in_params(equation.params):
                inside = getattr(inner, "jaxpr", inner)
                whole = len(inside.invars) == len(equation.invars)
                passed = [named.get(v) if not isinstance(v, core.Literal) else None for v in equation.invars]
                found += self.of(inside, passed if whole else [None] * len(inside.invars))
        for var in needed:
            if var in named:
                found.append(_residual(var, named[var], True, None))
            elif var in made and not is_transposed(made[var]):
                makers = _makers(made[var], var)
                if makers:  # else it gives an argument on
                    source = next(filter(None, map(self.source, makers)), None)
                    found.append(_residual(var, makers[0].primitive.name, False, source))
        return found

    def source(self, equation: Any) -> SourceSpan | None:
        """Return where an equation is written."""
        own, _ = chosen(frames_of(equation.source_info.traceback, self.outside))
        if own is None:
            return None
        place = self.files.place(own)
        function = self.files.function_at(place.file, place.line)
        return SourceSpan(self.files.names[place.file], *place[1:], function)


def _makers(equation: Any, var: Any) -> list[Any]:
    """Return the equations that make a result, one inside the other, the innermost first; none where what runs inside
    only gives on what it takes."""
    inner = [getattr(one, "jaxpr", one) for one in core.jaxprs_in_params(equation.params)]
    if len(inner) != 1 or len(inner[0].outvars) != len(equation.outvars):
        return [equation]
    result = inner[0].outvars[equation.outvars.index(var)]
    if isinstance(result, core.Literal):
        return [equation]
    made = next((one for one in inner[0].eqns if result in one.outvars), None)
    if made is None:
        return [] if len(inner[0].invars) == len(equation.invars) else [equation]
    inside = _makers(made, result)
    return [*inside, equation] if inside else []


def _residual(var: Any, name: str, argument: bool, source: SourceSpan | None) -> Residual:
    aval = var.aval
    size = aval.size * aval.dtype.itemsize
    return Residual(name, aval.str_short(short_dtypes=True), int(size), argument, source)


def _told(residual: Residual) -> str:
    source = residual.source
    return "" if source is None else f"{source.file.rsplit('/', 1)[-1]}:{source.line}"
