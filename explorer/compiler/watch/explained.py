"""JAX's own explanation of a trace, for functions that were traced before a watch began.

With the setting `jax_explain_cache_misses` JAX logs what differs from the nearest earlier trace. The setting
is on only while someone watches, and put back as it was. Messages that the person has not asked for are
taken away where they are made, so that no handler sees them. The message is prose for people and changes
with the version: what cannot be read from it is told in words of ours.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import defaultdict

import jax

from explorer.compiler.watch.difference import Difference, Kind
from explorer.compiler.watch.signature import Leaf

_SETTING = "jax_explain_cache_misses"
_BEGINS = "TRACING CACHE MISS"
_NEVER = "never seen function"
_NAME = re.compile(r"(?:never seen function:\s*|^\s*for )(\S+)", re.MULTILINE)
_TYPES = re.compile(r"\* at (.+?), now (\S+?\[[\d,]*\])(\S*?) and before (\S+?\[[\d,]*\])(\S*)")
_SETTINGS = re.compile(r"\* (\w+) differs: now (.+) and before (.+)")
_SHORT = {"f": "float", "i": "int", "u": "uint", "c": "complex", "bf": "bfloat"}
MOST = 100  # messages of one thread that wait to be asked for


class Explanations(logging.Filter):
    """Gathers JAX's explanations while it is open."""

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[int, list[str]] = defaultdict(list)  # by thread
        self._loggers: list[logging.Logger] = []
        self._asked = False

    def open(self) -> None:
        """Have JAX explain, and listen."""
        self._asked = bool(getattr(jax.config, _SETTING, True))
        known = list(logging.root.manager.loggerDict.items())
        self._loggers = [
            each for name, each in known if name.split(".")[0] == "jax" and isinstance(each, logging.Logger)
        ]
        for logger in self._loggers:
            logger.addFilter(self)
        if not self._asked:
            jax.config.update(_SETTING, True)

    def close(self) -> None:
        """Put the setting and the loggers back as they were."""
        if not self._asked and getattr(jax.config, _SETTING, False):
            jax.config.update(_SETTING, False)
        for logger in self._loggers:
            logger.removeFilter(self)
        self._loggers = []
        self._found.clear()

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep an explanation; it goes on to the handlers only where the person has asked for it."""
        message = str(record.msg)
        if not message.startswith(_BEGINS):
            return True
        self._found[threading.get_ident()] = [*self._found[threading.get_ident()][-MOST:], message]
        return self._asked

    def take(self, name: str) -> str | None:
        """Return the latest explanation of this thread for a function of this name, and forget the others."""
        found = self._found.pop(threading.get_ident(), [])
        return next((text for text in reversed(found) if (match := _NAME.search(text)) and match[1] == name), None)


def was_seen(explanation: str | None) -> bool:
    """Say whether JAX had traced the function before."""
    return explanation is not None and _NEVER not in explanation


def explained(explanation: str) -> list[Difference]:
    """Return what differs, as far as it can be read from JAX's message."""
    found = [Difference("settings", name, before, now) for name, now, before in _SETTINGS.findall(explanation)]
    for path, now, now_more, before, before_more in _TYPES.findall(explanation):
        old, new = _leaf(before, before_more), _leaf(now, now_more)
        if old is None or new is None:
            continue
        kind: Kind = "shape" if old.shape != new.shape else "dtype" if old.dtype != new.dtype else "weak"
        found.append(Difference(kind, path, old, new))
    return found


def _leaf(text: str, more: str) -> Leaf | None:
    match = re.fullmatch(r"([a-z]+)(\d*)\[([\d,]*)\]", text)
    if match is None:
        return None
    dtype = _SHORT.get(match[1], match[1]) + match[2]
    shape = tuple(int(size) for size in match[3].split(",") if size)
    return Leaf("array", shape, dtype, "weak_type=True" in more)
