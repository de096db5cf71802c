"""Norms of what a loop gives, started on the device at once: a later step may take the arrays away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from explorer.errors import FieldError
from explorer.training.given import Leaves, leaves_of
from explorer.training.step import norms


class Norms(NamedTuple):
    """The norms of a tree's arrays by name: f32[n], perhaps still on their way from the device."""

    names: tuple[str, ...]
    values: Any


class Measuring:
    """Measures the pytrees of every `every`-th call.

    Args:
      every: calls between measurements; 0 for none.
      say: is told what could not be measured.
    """

    def __init__(self, every: int, say: Callable[[FieldError], None]) -> None:
        self.every, self._say = every, say
        self.gradient: tuple[int, Leaves] | None = None  # the last that was measured, and its step
        self.parameters: Leaves | None = None  # names and shapes of the params; where none are given, of the gradient
        self.device: jax.Device | None = None  # the first of where they are
        self._before: Leaves | None = None  # the params of the call before, where their change is measured next
        self._calls = 0

    def __call__(self, step: int, grads: Any, params: Any, updates: Any) -> dict[str, Norms]:
        """Take what one call gives; where it is due, start measuring.

        Returns:
          The norms of "grads", "params" and "updates", as far as they are known.
        """
        turn, self._calls = self._calls, self._calls + 1
        if not self.every:
            return {}
        next_is_due = (turn + 1) % self.every == 0 and updates is None
        before, self._before = self._before, None
        if turn % self.every:
            if next_is_due:
                self._before = self._leaves("params", params)
            return {}
        given = {"grads": grads, "params": params, "updates": updates}
        found = {field: leaves for field, tree in given.items() if (leaves := self._leaves(field, tree))}
        if "grads" in found:
            self.gradient = step, found["grads"]
        self._look(found.get("params") or (found.get("grads") if self.parameters is None else None))
        measured = {field: Norms(leaves.names, _norms(leaves.arrays)) for field, leaves in found.items()}
        if "params" in found and updates is None:
            self._before = found["params"] if next_is_due else None
            change = self._change(found["params"], before)
            if change is not None:
                measured["updates"] = change
        return measured

    def _look(self, leaves: Leaves | None) -> None:
        if leaves is None:
            return
        shapes = [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in leaves.arrays]
        self.parameters = Leaves(leaves.names, shapes)
        first = leaves.arrays[0]
        self.device = min(first.devices(), key=lambda device: device.id) if isinstance(first, jax.Array) else None

    def _leaves(self, field: str, tree: Any) -> Leaves | None:
        if tree is None:
            return None
        try:
            leaves = leaves_of(field, tree)
            if any(_gone(array) for array in leaves.arrays):
                problem = "were donated to a compiled step before they were given."
                raise FieldError(field, problem, "Give those that the step returned.")
            return leaves
        except FieldError as error:
            self._say(error)
            return None

    def _change(self, now: Leaves, before: Leaves | None) -> Norms | None:
        """Return the norms of what a step added to the params; None where those before it are not known."""
        shapes = [[array.shape for array in leaves.arrays] for leaves in (now, before) if leaves]
        if before is None or before.names != now.names or shapes[0] != shapes[1]:
            return None
        if any(_gone(array) for array in before.arrays):
            problem = "were donated to the next step, so what it changed cannot be measured."
            self._say(FieldError("params", problem, "Give updates=... as well, or do not donate them."))
            return None
        pairs = list(zip(now.arrays, before.arrays, strict=True))
        if all(isinstance(array, np.ndarray) for pair in pairs for array in pair):
            return Norms(now.names, _norms([new - old for new, old in pairs]))
        return Norms(now.names, _changed(pairs))


def _gone(array: Any) -> bool:
    return isinstance(array, jax.Array) and array.is_deleted()


def _norms(arrays: Sequence[Any]) -> Any:
    """Return the norm of each array, f32[n]; of NumPy's at once, of JAX's on their device."""
    if all(isinstance(array, np.ndarray) for array in arrays):
        return np.asarray([np.linalg.norm(array.ravel()) for array in arrays], np.float32)
    return _compiled(list(arrays))


_compiled = jax.jit(norms)
_changed = jax.jit(lambda pairs: norms([new - old for new, old in pairs]))
