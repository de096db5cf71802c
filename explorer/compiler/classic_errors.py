"""JAX's classic errors in plain words, with what to write instead."""

from __future__ import annotations

from explorer.compiler.mistakes import arguments, names, shapes, tracing
from explorer.compiler.mistakes.scene import Scene
from explorer.compiler.mistakes.told import Told, first_line

__all__ = ["Told", "first_line", "told"]

_KINDS = (tracing.told, names.told, arguments.told, shapes.told)  # the more special first


def told(error: BaseException, scene: Scene | None = None) -> Told:
    """Return an error in plain words; its own first line where it is none of the classic ones.

    Args:
      error: what was raised.
      scene: the person's line in its traceback, for words that fit it.
    """
    for kind in _KINDS:
        try:
            plain = kind(error, scene) or kind(error, None)
        except Exception:  # a message or a tree that is like no other: the error itself must still be told
            plain = None
        if plain is not None:
            return plain
    return Told(f"It raised {type(error).__name__}", first_line(str(error)) or "It gave no message.")
