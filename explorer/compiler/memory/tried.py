"""What would save memory, tried: the program is compiled that way, and compared."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import jax
from jax.extend import core

from explorer.compiler.classic_errors import first_line
from explorer.compiler.cost import memory_of
from explorer.compiler.memory.stretches import in_stretches
from explorer.compiler.transform import POLICIES
from explorer.errors import FieldError

if TYPE_CHECKING:
    from explorer.compiler.steps import Steps
    from explorer.compiler.subject import Subject

DONATION, CHECKPOINT = "donation", "checkpoint"
NOT_TRACED = "What was handed over is lowered or compiled already: give the function itself."
NO_FIGURES = "The compiler for this device does not tell how much memory a program takes."
DIFFERENTIATES = ("grad", "value_and_grad", "jacrev", "vjp")
INSIDE = (
    "jax.checkpoint goes around what is differentiated, and here that is inside of the function. Look at the loss "
    "itself with inspector(transform=['value_and_grad']), or choose value_and_grad in the panel."
)
# Measured: four blocks of three layers, each in jax.checkpoint, have as many operations and bytes as without; a scan
# over the same blocks has a fifth of the bytes.
MERGED = " Outside of loops, XLA for CPU merges what would be computed twice, and keeps it."
_ALIASES = re.compile(r"input_output_alias=\{(.*?)\}, \w+=|input_output_alias=\{(.*)\}")
_ALIAS = re.compile(r"\{[\d, ]*\}: \((\d+),")


@dataclass(frozen=True)
class Tried:
    """What a change made of the memory of a call.

    Args:
      change: "donation" or "checkpoint".
      before, after: bytes by kind: "argument", "output", "temporary", "alias".
      arguments: which arguments a donation would use up, and gain by.
      missing: why it could not be tried.
      note: a sentence on why it came so, after a space; "" where there is nothing to say.
    """

    change: str
    before: Mapping[str, int]
    after: Mapping[str, int]
    arguments: tuple[str, ...] = ()
    missing: str | None = None
    note: str = ""

    def __repr__(self) -> str:
        return f"<{self.change}: {self.sentence}>"

    @property
    def saved_bytes(self) -> int:
        """How many bytes less a call takes; below 0 where it takes more."""
        return total(self.before) - total(self.after)

    @property
    def sentence(self) -> str:
        """What came of it, in words."""
        if self.missing is not None:
            return self.missing
        figures = f"{total(self.before):,} → {total(self.after):,} bytes"
        if self.saved_bytes == 0:
            return f"It would save nothing: {total(self.before):,} bytes both ways.{self.note}"
        word = "less" if self.saved_bytes > 0 else "more"
        whom = f", in the memory of {_listed(self.arguments)}" if self.arguments else ""
        return f"A call would take {abs(self.saved_bytes):,} bytes {word} ({figures}){whom}.{self.note}"


def total(figures: Mapping[str, int]) -> int:
    """Return the bytes that a call takes in all; results in the memory of arguments count once."""
    return figures["argument"] + figures["output"] + figures["temporary"] - figures["alias"]


def figures_of(compiled: Any) -> dict[str, int] | None:
    """Return the bytes of a call by kind; None where the compiler does not tell."""
    told = memory_of(compiled)
    names = {"argument": "argument_bytes", "output": "output_bytes", "temporary": "temp_bytes", "alias": "alias_bytes"}
    return {ours: told[theirs] for ours, theirs in names.items()} if all(n in told for n in names.values()) else None


def try_donation(steps: Steps) -> Tried:
    """Compile a program with all of its arguments donated, so that results may take their memory.

    Args:
      steps: of the look.
    """
    before = figures_of(steps.compiled)
    if steps.traced is None or before is None:
        return _missing(DONATION, NOT_TRACED if steps.traced is None else NO_FIGURES)
    closed = steps.traced.jaxpr
    shapes = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in closed.in_avals]
    every = tuple(range(len(shapes)))
    donating = jax.jit(core.jaxpr_as_fun(closed), donate_argnums=every, keep_unused=True)
    again = copy(steps)
    again.stages, again.times_ms = dict(steps.stages), dict(steps.times_ms)
    again.lowered = again.compiled = again.problem = None
    try:
        again.traced = donating.trace(*shapes)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that some cannot be used is what is asked for here
            again.lower()
            again.compile()
    except Exception as error:  # whatever JAX raises for a function that is called in another way
        return _missing(DONATION, first_line(f"It could not be compiled so: {error}"))
    after = figures_of(again.compiled)
    if after is None:
        return _missing(DONATION, again.stages["hlo"].reason or NO_FIGURES)
    found = _ALIASES.search(again.stages["hlo"].text.split("\n", 1)[0])
    numbers = sorted({int(n) for n in _ALIAS.findall(found[1] or found[2])}) if found else []
    names = tuple(map(str, getattr(closed.jaxpr.debug_info, "arg_names", ()) or ()))
    return Tried(DONATION, before, after, tuple(names[n] if n < len(names) else f"argument {n}" for n in numbers))


def try_checkpoint(compiled: Any, subject: Subject | None, policy: str | None = None) -> Tried:
    """Compile a program with `jax.checkpoint` around stretches of what is differentiated, which are computed again.

    Args:
      compiled: the program as it is.
      subject: what was looked at.
      policy: what is kept all the same, one of `jax.checkpoint_policies` by its name.

    Raises:
      FieldError: there is no such policy.
    """
    before = figures_of(compiled)
    differentiated = subject is not None and bool(subject.transforms) and subject.transforms[0].name in DIFFERENTIATES
    if subject is None or not differentiated or before is None:
        return _missing(CHECKPOINT, NO_FIGURES if before is None else INSIDE)
    if policy is not None and policy not in POLICIES:
        raise FieldError("policy", f"there is none called '{policy}'.", f"Allowed: None, {', '.join(POLICIES)}.")
    kept = None if policy is None else getattr(jax.checkpoint_policies, policy)
    try:
        looked = replace(subject, fn=in_stretches(subject.fn, kept)).look()
    except Exception as error:  # whatever JAX raises for a function that is called in another way
        return _missing(CHECKPOINT, first_line(f"It could not be compiled so: {error}"))
    after = figures_of(looked.compiled)
    if after is None:
        return _missing(CHECKPOINT, looked.stages["hlo"].reason or NO_FIGURES)
    little = abs(total(before) - total(after)) < total(before) / 20
    return Tried(
        CHECKPOINT, before, after, note=MERGED if little and policy is None and looked.device.startswith("cpu") else ""
    )


def _missing(change: str, why: str) -> Tried:
    nothing = dict.fromkeys(("argument", "output", "temporary", "alias"), 0)
    return Tried(change, nothing, nothing, missing=why)


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4:,} more"
