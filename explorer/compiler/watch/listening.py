"""Hears from JAX what it traces, lowers and compiles, for as long as someone listens.

`jax.monitoring` calls its listeners in the thread that traces, while the call is still on the stack.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType
from typing import Any, Literal, NamedTuple

from jax import monitoring

from explorer.compiler.frames import Frame, choose, frame_at, is_looking, owner
from explorer.compiler.jax_private import jit_call
from explorer.compiler.watch.cause import Call
from explorer.compiler.watch.explained import Explanations
from explorer.compiler.watch.history import remember, seen_before
from explorer.compiler.watch.seen import function_of
from explorer.compiler.watch.signature import signature_of

Step = Literal["trace", "lower", "compile"]

_STEPS: dict[str, Step] = {
    "/jax/core/compile/jaxpr_trace_duration": "trace",
    "/jax/core/compile/jaxpr_to_mlir_module_duration": "lower",
    "/jax/core/compile/backend_compile_duration": "compile",
}


class Heard(NamedTuple):
    """A step that JAX has just done.

    Args:
      step: "trace", "lower" or "compile".
      name: of the function, as JAX calls it; "" where it does not say.
      milliseconds: how long it took.
      call: the function and what it was called with, where that can be seen.
      before: earlier calls of the very same function that any watch has seen.
      place: the person's line; None where none is on the stack.
      thread: the thread's number.
      explanation: JAX's own words on why it traced, where it has any.
    """

    step: Step
    name: str
    milliseconds: float
    call: Call | None
    before: list[Call]
    place: Frame | None
    thread: int
    explanation: str | None


Hearer = Callable[[Heard], None]

_hearers: list[Hearer] = []
_explanations = Explanations()
_lock = threading.Lock()


def listen(hearer: Hearer) -> None:
    """Call `hearer` with every step from now on, in whatever thread it happens."""
    with _lock:
        if not _hearers:
            monitoring.register_event_duration_secs_listener(_hear)
            _explanations.open()
        _hearers.append(hearer)


def leave(hearer: Hearer) -> None:
    """Call `hearer` no more."""
    with _lock:
        if hearer not in _hearers:
            return
        _hearers.remove(hearer)
        if not _hearers:
            _explanations.close()
            with suppress(AssertionError, ValueError):  # someone cleared all listeners of this process
                monitoring.unregister_event_duration_listener(_hear)


def _hear(event: str, duration_secs: float, **more: Any) -> None:
    step = _STEPS.get(event)
    if step is None:
        return
    hearers = list(_hearers)
    try:
        stack = list(_outwards(sys._getframe(1)))
        if any(is_looking(f.f_code.co_filename) for f in stack):
            return  # inside of an inspection or a search for NaN: nothing that the person's own code retraced
        name = _bare(str(more.get("fun_name", "")))
        place = choose(frame_at(f.f_code, f.f_lasti) for f in stack if owner(f.f_code.co_filename) != "hidden")
        jitted = next(filter(None, map(jit_call, stack)), None)
        call = Call(function_of(jitted.fn), signature_of(jitted), place) if jitted is not None else None
        before = seen_before(call) if call is not None else []
        explanation = _explanations.take(name)
        heard = Heard(step, name, duration_secs * 1e3, call, before, place, threading.get_ident(), explanation)
        for hearer in hearers:
            hearer(heard)
        if call is not None and step == "trace":
            remember(call)
    except Exception:  # what is heard must never break the program that is listened to
        logging.getLogger(__name__).debug("A step of JAX could not be told", exc_info=True)


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _bare(name: str) -> str:
    """Return "f" for "jit(f)", as lowering and compiling call it."""
    return name[4:-1] if name.startswith("jit(") and name.endswith(")") else name
