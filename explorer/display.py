"""The one door from what computes to what is shown: lazy, so that nothing that computes imports a widget."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from explorer.records import Record

_DOOR = "explorer.app.show"


class Shown:
    """What shows itself as a cell's last expression, and becomes a page: a run, an inspection, a watch, a finding.

    It offers what it is and its records; the rest is the same for all.

    kind: what to lay out, one of the front end's arrangements.
    follows: the module of `app` whose `follow(thing, panel)` keeps a panel up to date and hears its commands, if any.
    """

    kind: ClassVar[str]
    follows: ClassVar[str | None] = None

    @property
    def title(self) -> str:
        """What stands in a notebook where widgets cannot be shown."""
        raise NotImplementedError

    @property
    def subtitle(self) -> str:
        """One line on what is shown, for the panel's header."""
        raise NotImplementedError

    @property
    def device(self) -> str:
        """Where it runs, such as "cpu:0"."""
        raise NotImplementedError

    @property
    def ui(self) -> dict[str, Any]:
        """The browser's state to start from."""
        return {}

    def records(self) -> dict[str, Record]:
        """Return what a panel shows, by key."""
        raise NotImplementedError

    def first_records(self) -> dict[str, Record]:
        """Return what a panel shows before anything else; `follows` sends it the rest."""
        return self.records()

    def page_records(self) -> dict[str, Record]:
        """Return what a page shows: also what a panel would only be sent later."""
        return self.records()

    def save(self, path: str | Path) -> Path:
        """Write it as one HTML page that opens with no kernel and no network.

        Args:
          path: ending in .html.

        Returns:
          The path.
        """
        return importlib.import_module(_DOOR).save(self, path)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return importlib.import_module(_DOOR).bundle_of(self)


def get_ready(first: Callable[[], Any]) -> None:
    """In a notebook, make what is shown first beside other work, such as XLA's compiling.

    Args:
      first: makes it, and keeps it where showing finds it; must not raise.
    """
    if "ipykernel" not in sys.modules:
        return

    def prepare() -> None:
        importlib.import_module(_DOOR)
        first()

    threading.Thread(target=prepare, name="explorer-ready", daemon=True).start()


def plotted(run: Any, columns: tuple[str, ...], log: bool) -> Any:
    """Return columns of a run's history as a plotly figure."""
    return importlib.import_module("explorer.app.run_panel").plot(run, columns, log)


class Drawn:
    """What shows itself as a still plotly figure: a check, a surface. `str()` of it tells in words what it found."""

    @property
    def sentence(self) -> str:
        """What was found, in a sentence."""
        raise NotImplementedError

    def figure(self) -> Any:
        """Return it as a plotly figure, to style or to write into a file."""
        return importlib.import_module("explorer.app.drawn").figure_of(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.sentence}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {**self.figure()._repr_mimebundle_(), "text/plain": str(self)}
