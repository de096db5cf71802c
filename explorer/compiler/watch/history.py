"""The calls that any watch of this process has seen, so that the next watch can say what differs from them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from explorer.compiler.watch.cause import Call
from explorer.compiler.watch.seen import change

MOST_FUNCTIONS, MOST_CALLS = 1_000, 20  # that are remembered, the latest

_calls: OrderedDict[tuple[Any, ...], list[Call]] = OrderedDict()
_lock = threading.Lock()


def remember(call: Call) -> None:
    """Remember a call of a user's function; no array and no function is kept alive by it."""
    if call.function.whose == "hidden":
        return
    with _lock:
        kept = _calls.setdefault(call.function.key, [])
        kept.append(call)
        del kept[:-MOST_CALLS]
        _calls.move_to_end(call.function.key)
        while len(_calls) > MOST_FUNCTIONS:
            _calls.popitem(last=False)


def seen_before(call: Call) -> list[Call]:
    """Return the earlier calls of the very same function object."""
    with _lock:
        kept = list(_calls.get(call.function.key, ()))
    return [each for each in kept if change(each.function, call.function) == "same"]
