"""A jaxpr run equation by equation, keeping track of where numbers stopped being finite.

Every value carries its origins: the births (the first operation on its path) of what is not finite in it. A
birth whose result is masked away later, as in `jnp.where(x > 0, jnp.log(x), 0)`, is the origin of nothing
that comes out. An infinity that the program writes down itself, such as the -inf of an attention mask, is
nobody's birth; the NaN that comes of it is one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from explorer.compiler.bad_operation import BadOperation, Direction, describe, numbers
from explorer.compiler.direction import backward_equations
from explorer.compiler.evaluated import Evaluator, Values, bind, called
from explorer.compiler.frames import Frame, chosen, known_as
from explorer.compiler.jaxpr_spans import frames_of

FINITE, INFINITE, NAN = range(3)
NONE: frozenset[int] = frozenset()


class Value(NamedTuple):
    """An array, the worst kind of number in it, and the births that this comes from."""

    array: Any
    kind: int = FINITE
    origins: frozenset[int] = NONE


class Around(NamedTuple):
    """What is known of where an equation or a jaxpr stands.

    Args:
      frame: the user's line; what is inside a library function takes the line that calls it.
      backward: whether it is a part of a backward pass.
      late: for each output, whether only a backward pass reads it.
      loops: the loops around it, the outermost first.
      inside: the library's place or function that the user's line called, in words; "" for none.
    """

    frame: Frame | None = None
    backward: bool = False
    late: tuple[bool, ...] = ()
    loops: tuple[str, ...] = ()
    inside: str = ""


class OverBudgetError(Exception):
    """Iterating a loop equation by equation would take too long."""


def kind_of(array: Any) -> int:
    """Return NAN where an array holds one, else INFINITE where it holds an infinity, else FINITE."""
    values = numbers(array)
    if values is None or np.isfinite(values).all():
        return FINITE
    return NAN if np.isnan(values).any() else INFINITE


class Replay:
    """One replay; `births` lists what was found, in the order of the program.

    Args:
      outside: the frames around the tracing; no equation comes from them.
      equations, seconds: how much to spend on loops; a loop that would take more is taken as one operation.
    """

    def __init__(self, outside: frozenset[Frame], equations: int = 100_000, seconds: float = 30.0) -> None:
        self.outside = outside
        self.births: list[BadOperation] = []
        self.equations_left = equations
        self.deadline = time.monotonic() + seconds
        self.evaluator = Evaluator()

    def run(self, jaxpr: Any, arguments: Sequence[Value], around: Around, values: Values | None = None) -> list[Value]:
        """Run a jaxpr, open or closed, on values and return its outputs.

        Args:
          jaxpr, arguments, around: what is run, on what, and where it stands.
          values: what each of its equations gives, where that is known already.
        """
        constants = [Value(c, kind_of(c)) for c in getattr(jaxpr, "consts", ())]
        jaxpr = getattr(jaxpr, "jaxpr", jaxpr)
        if values is None:
            values = self.evaluator(jaxpr, [c.array for c in constants], [a.array for a in arguments])
        known: dict[Any, Value] = dict(zip(jaxpr.constvars, constants, strict=True))
        known.update(zip(jaxpr.invars, arguments, strict=True))

        def read(atom: Any) -> Value:
            if isinstance(atom, core.Literal):
                return Value(atom.val, kind_of(atom.val))
            return known[atom]

        last_use = {atom: i for i, eqn in enumerate(jaxpr.eqns) for atom in eqn.invars if _is_variable(atom)}
        kept = {atom for atom in jaxpr.outvars if _is_variable(atom)}
        late = around.late or (False,) * len(jaxpr.outvars)
        for i, (eqn, told) in enumerate(zip(jaxpr.eqns, backward_equations(jaxpr, late), strict=True)):
            inputs = [read(atom) for atom in eqn.invars]
            if eqn.outvars:  # one without outputs only prints or checks
                made = values[i] if values is not None else None
                outputs = self._equation(eqn, inputs, self._place(eqn, around, *told), made)
                known.update(zip(eqn.outvars, outputs, strict=True))
            for atom in eqn.invars:  # let go of what is not needed any more, as the compiled program does
                if _is_variable(atom) and last_use[atom] == i and atom not in kept:
                    known.pop(atom, None)
        return [read(atom) for atom in jaxpr.outvars]

    def _place(self, eqn: Any, around: Around, backward: bool, late: tuple[bool, ...]) -> Around:
        frame, library = chosen(frames_of(eqn.source_info.traceback, self.outside))
        inside = f"{known_as(library[0].file)}, line {library[0].line:,}" if library else ""
        if frame is None:
            frame, inside = around.frame, inside or around.inside
        if called(eqn) is not None and not inside:
            name = str(eqn.params.get("name", "")).lstrip("_")
            inside = f"`{name}`" if name else ""
        return Around(frame, around.backward or backward, late, around.loops, inside)

    def _equation(self, eqn: Any, inputs: list[Value], where: Around, made: Any) -> list[Value]:
        self.equations_left -= 1
        name = eqn.primitive.name
        inner = called(eqn)
        if inner is not None:
            return self.run(inner, inputs, where, made[1] if made is not None else None)
        if name == "cond" and (made is None or max(map(kind_of, made)) != FINITE):
            branches = eqn.params["branches"]
            taken = min(max(int(inputs[0].array), 0), len(branches) - 1)
            return self.run(branches[taken], inputs[1:], where)
        outputs = bind(eqn, [value.array for value in inputs]) if made is None else made
        kinds = [kind_of(output) for output in outputs]
        if max(kinds) == FINITE:
            return [Value(output) for output in outputs]
        from_before = NONE.union(*(value.origins for value in inputs if value.kind != FINITE))
        if from_before:
            origins = [from_before] * len(outputs)
        elif name in ("scan", "while"):
            origins = self._in_loop(eqn, inputs, where, outputs, kinds)
        elif max(kinds) == INFINITE and any(value.kind == INFINITE for value in inputs):
            origins = [NONE] * len(outputs)  # an infinity the program wrote down itself is passed on
        else:
            origins = [self._born(eqn, inputs, where, outputs, kinds)] * len(outputs)
        return [
            Value(output, kind, origin if kind != FINITE else NONE)
            for output, kind, origin in zip(outputs, kinds, origins, strict=True)
        ]

    def _born(
        self, eqn: Any, inputs: list[Value], where: Around, outputs: list[Any], kinds: list[int]
    ) -> frozenset[int]:
        first = next(output for output, kind in zip(outputs, kinds, strict=True) if kind != FINITE)
        direction: Direction = "backward" if where.backward else "forward"
        took = [value.array for value in inputs]
        self.births.append(describe(eqn.primitive.name, direction, took, first, where.frame, where.loops, where.inside))
        return frozenset({len(self.births) - 1})

    def _in_loop(
        self, eqn: Any, inputs: list[Value], where: Around, outputs: list[Any], kinds: list[int]
    ) -> list[frozenset[int]]:
        """Return the origins of a loop's outputs, iterating it; the loop itself where that leads nowhere."""
        try:
            iterate = self._scan if eqn.primitive.name == "scan" else self._while
            origins = iterate(eqn, inputs, where)
        except OverBudgetError:
            origins = [NONE] * len(outputs)
        if not any(origins):
            return [self._born(eqn, inputs, where, outputs, kinds)] * len(outputs)
        return origins

    def _spend(self) -> None:
        if self.equations_left <= 0 or time.monotonic() > self.deadline:
            raise OverBudgetError

    def _scan(self, eqn: Any, inputs: list[Value], where: Around) -> list[frozenset[int]]:
        body, length = eqn.params["jaxpr"], eqn.params["length"]
        inner = getattr(body, "jaxpr", body)
        # What is scanned over has one axis more outside than inside; this holds whatever the version calls
        # its counts.
        scanned = sum(_rank(a) != _rank(b) for a, b in zip(eqn.invars, inner.invars, strict=True))
        carried = sum(_rank(a) == _rank(b) for a, b in zip(eqn.outvars, inner.outvars, strict=True))
        fixed = len(inputs) - scanned - carried
        constants, carry, rows = inputs[:fixed], inputs[fixed : fixed + carried], inputs[fixed + carried :]
        stacked = [NONE] * (len(eqn.outvars) - carried)
        for i in range(length):
            self._spend()
            row = length - 1 - i if eqn.params["reverse"] else i
            slices = [jax.lax.dynamic_index_in_dim(v.array, jnp.int32(row), keepdims=False) for v in rows]
            loop = where._replace(loops=(*where.loops, f"iteration {i + 1:,} of {length:,} of a scan"))
            given = [*constants, *carry, *(Value(s, kind_of(s)) for s in slices)]
            results = self.run(body, given, loop)
            carry = results[:carried]
            stacked = [a | b.origins for a, b in zip(stacked, results[carried:], strict=True)]
        return [*(value.origins for value in carry), *stacked]

    def _while(self, eqn: Any, inputs: list[Value], where: Around) -> list[frozenset[int]]:
        of_condition, of_body = eqn.params["cond_nconsts"], eqn.params["body_nconsts"]
        asked, given = inputs[:of_condition], inputs[of_condition : of_condition + of_body]
        carry, i = inputs[of_condition + of_body :], 0
        while bool(self.run(eqn.params["cond_jaxpr"], [*asked, *carry], where._replace(late=()))[0].array):
            self._spend()
            i += 1
            loop = where._replace(loops=(*where.loops, f"iteration {i:,} of a while loop"))
            carry = self.run(eqn.params["body_jaxpr"], [*given, *carry], loop)
        return [value.origins for value in carry]


def _rank(atom: Any) -> int:
    return len(atom.aval.shape)


def _is_variable(atom: Any) -> bool:
    return not isinstance(atom, core.Literal)
