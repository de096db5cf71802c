"""What shows itself and can also be told in plain text, in a terminal or where widgets do not run."""

from __future__ import annotations

from typing import Any

from explorer.display import Shown


class Spoken(Shown):
    """A watch, a finding or an explanation: `str()` of it tells the whole."""

    @property
    def title(self) -> str:
        """What stands in a notebook where widgets cannot be shown."""
        return self.subtitle

    def _repr_mimebundle_(self, **more: Any) -> dict[str, Any]:
        return {**super()._repr_mimebundle_(**more), "text/plain": str(self)}
