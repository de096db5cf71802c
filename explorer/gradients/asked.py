"""What can be asked of a run about its gradients; each answer shows itself in a notebook."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explorer.gradients.checked import GradientCheck


class Asked:
    """The questions of a run about its gradients. The answers leave the run as it is."""

    def check_gradient(self, name: str, *, entries: int = 8, seed: int = 0) -> GradientCheck:
        """Compare the gradient of one parameter with central finite differences, in float64, at many step sizes.

        Taken where the run stands, on the batch that its next step takes. Of the linear regression it is also compared
        with the formula written by hand.

        Args:
          name: of the parameter, as it is shown, such as "hidden/w".
          entries: entries of the parameter that are compared, drawn by `seed`; all where it has fewer.
          seed: of that draw.

        Raises:
          FieldError: there is no such parameter, or `entries` is not a whole number above 0.
        """
        return _part("checked").check_gradient(self, name, entries=entries, seed=seed)


def _part(name: str) -> Any:
    return importlib.import_module(f"explorer.gradients.{name}")  # which knows of runs itself
