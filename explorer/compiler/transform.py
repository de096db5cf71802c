"""Transformations of a function, composed in any order, their options checked.

`[("grad", {"argnums": 0}), "jit"]` is `jax.jit(jax.grad(fn, argnums=0))`: the first is applied first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax

from explorer.compiler import transformed as ways
from explorer.compiler.transformed import Applied, Args, Fn, Made
from explorer.errors import FieldError


class Option(NamedTuple):
    """An option of a transformation: its default, what it does, a check, and in words what is allowed."""

    default: Any
    help: str
    fits: Callable[[Any], bool]
    allowed: str


@dataclass(frozen=True)
class Transform:
    """A transformation that can be applied.

    Args:
      help: one sentence.
      options: by name.
      apply: from a function, its arguments and the options to the transformed function and its arguments.
    """

    help: str
    options: Mapping[str, Option]
    apply: Callable[[Fn, Args, Mapping[str, Any]], Made]


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _numbers(value: Any) -> bool:
    return _whole(value) or (isinstance(value, tuple | list) and bool(value) and all(map(_whole, value)))


def _no_numbers(value: Any) -> bool:
    return _numbers(value) or (isinstance(value, tuple | list) and not value)


def _axes(value: Any) -> bool:
    one = lambda v: v is None or _whole(v)  # noqa: E731
    return one(value) or (isinstance(value, tuple | list) and all(map(one, value)))


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


POLICIES = tuple(
    name
    for name in (
        "everything_saveable",
        "nothing_saveable",
        "dots_saveable",
        "checkpoint_dots",
        "dots_with_no_batch_dims_saveable",
    )
    if hasattr(jax.checkpoint_policies, name)
)
ARGNUMS = Option(0, "which arguments to differentiate with respect to, counted from 0", _numbers, "0, or (0, 2).")
HAS_AUX = Option(False, "whether the function returns (value, something besides)", _flag, "True or False.")
NUMBERS = Option((), "numbers of arguments, counted from 0", _no_numbers, "(), 0, or (0, 2).")


TRANSFORMS: Mapping[str, Transform] = {
    "jit": Transform(
        "Compiles the function.",
        {
            "static_argnums": NUMBERS._replace(help="arguments that are Python values, known when tracing"),
            "donate_argnums": NUMBERS._replace(help="arguments whose memory the outputs may take"),
        },
        ways.jit,
    ),
    "grad": Transform("The gradient of a scalar.", {"argnums": ARGNUMS, "has_aux": HAS_AUX}, ways.derivative(jax.grad)),
    "value_and_grad": Transform(
        "The value and the gradient of a scalar.",
        {"argnums": ARGNUMS, "has_aux": HAS_AUX},
        ways.derivative(jax.value_and_grad),
    ),
    "vmap": Transform(
        "Maps over an axis of the arguments.",
        {
            "in_axes": Option(
                0, "the axis of each argument to map over; None keeps one whole", _axes, "0, or (0, None)."
            ),
            "out_axes": Option(0, "where the mapped axis stands in the result", _axes, "0, or (0, None)."),
            "new_axis": Option(
                None,
                "the size of an axis that is added to the arguments to map over; None where they have one",
                lambda value: value is None or (_whole(value) and value > 0),
                "None, or a whole number above 0.",
            ),
        },
        ways.vmap,
    ),
    "jvp": Transform("Pushes a direction forward: the tangents are further arguments.", {}, ways.jvp),
    "vjp": Transform("Pulls a cotangent back: it is a further argument.", {}, ways.vjp),
    "hessian": Transform("The second derivatives.", {"argnums": ARGNUMS}, ways.derivative(jax.hessian)),
    "jacfwd": Transform("The Jacobian, column by column.", {"argnums": ARGNUMS}, ways.derivative(jax.jacfwd)),
    "jacrev": Transform("The Jacobian, row by row.", {"argnums": ARGNUMS}, ways.derivative(jax.jacrev)),
    "checkpoint": Transform(
        "Computes again in the backward pass what it would have kept.",
        {
            "policy": Option(
                None,
                "what is kept all the same",
                lambda value: value is None or value in POLICIES,
                f"None, {', '.join(POLICIES)}.",
            ),
            "prevent_cse": Option(True, "whether XLA may not merge what is computed twice", _flag, "True or False."),
        },
        ways.checkpoint,
    ),
}


def parsed(transforms: Sequence[Any]) -> tuple[Applied, ...]:
    """Return transformations with all of their options.

    Args:
      transforms: each a name, a (name, options), or {"name", "options"}.

    Raises:
      FieldError: there is no such transformation or option, or an option cannot be that.
    """
    if isinstance(transforms, str):
        transforms = [transforms]
    return tuple(_parsed(asked) for asked in transforms)


def _parsed(asked: Any) -> Applied:
    name: Any
    given: Any
    if isinstance(asked, str):
        name, given = asked, {}
    elif isinstance(asked, Mapping):
        name, given = asked.get("name"), asked.get("options") or {}
    elif isinstance(asked, tuple | list) and len(asked) == 2:
        name, given = asked
    else:
        name, given = asked, {}
    if not isinstance(name, str) or name not in TRANSFORMS:
        raise FieldError("transform", f"there is none called {name!r}.", f"Allowed: {', '.join(TRANSFORMS)}.")
    options = TRANSFORMS[name].options
    if not isinstance(given, Mapping):
        raise FieldError(
            name, f"the options must be a dict; you gave {given!r}.", f"Such as {{'{_first(options)}': 0}}."
        )
    for option, value in given.items():
        if option not in options:
            allowed = f"Allowed: {', '.join(options)}." if options else "It has no options."
            raise FieldError(name, f"there is no option '{option}'.", allowed)
        if not options[option].fits(value):
            raise FieldError(f"{name}: {option}", f"cannot be {value!r}.", f"Allowed: {options[option].allowed}")
    return Applied(name, {o: _tupled(given.get(o, what.default)) for o, what in options.items()})


def _first(options: Mapping[str, Any]) -> str:
    return next(iter(options), "argnums")


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def choices() -> list[dict[str, Any]]:
    """Return what can be chosen, as the record of a subject lists it."""
    return [
        {
            "name": name,
            "help": transform.help,
            "options": [
                {"name": option, "default": _plain(what.default), "help": what.help}
                for option, what in transform.options.items()
            ],
            "reason": None,
        }
        for name, transform in TRANSFORMS.items()
    ]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
