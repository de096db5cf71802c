"""What XLA's passes do, in plain words."""

from __future__ import annotations

import re

from explorer.compiler.passes.meanings import MEANINGS

_NUMBERED = re.compile(r"-\d+$")


def meaning_of(name: str) -> str:
    """Return one sentence on what a pass does; "" where none is written."""
    return MEANINGS.get(name) or MEANINGS.get(_NUMBERED.sub("", name), "")
