"""What can be asked of a run about its gradients; each answer shows itself in a notebook."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explorer.gradients.checked import GradientCheck
    from explorer.gradients.examples import ExampleGradients
    from explorer.gradients.inside import Inside
    from explorer.gradients.sharpness import Sharpness


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

    def sharpness(self, *, over_time: bool = False, examples: int = 1024, seed: int = 0) -> Sharpness:
        """Return the largest eigenvalue of the loss's Hessian, beside what the learning rate stands.

        By Lanczos iteration on Hessian-vector products, until it is known to 0.1 %, with 100 products at most.

        Args:
          over_time: whether also at every state that the run keeps (at most 16) and at the first one; each takes fewer
            products than the one before it did, since it starts from that eigenvector.
          examples: how many training examples the loss is taken over, drawn at random; all where there are fewer.
          seed: of the vector that it starts from.

        Raises:
          FieldError: `examples` is not a whole number above 0.
          FloatingPointError: the Hessian is not finite there.
        """
        return _part("sharpness").sharpness(self, over_time=over_time, examples=examples, seed=seed)

    def example_gradients(
        self, name: str | None = None, *, examples: int | None = None, seed: int = 0
    ) -> ExampleGradients:
        """Return what the gradient of each example is like: how long, how far along the mean, and the noise scale.

        Args:
          name: of one parameter; None for all together.
          examples: how many training examples, drawn by `seed`; None for the batch that the next step takes.
          seed: of that draw.

        Raises:
          FieldError: there is no such parameter, or `examples` is not a whole number above 0.
        """
        return _part("examples").example_gradients(self, name, examples=examples, seed=seed)

    def inside(self, name: str, index: int | tuple[int, ...]) -> Inside:
        """Return how the optimizer makes the next update of one weight, with the numbers in its formula.

        Args:
          name: of the parameter.
          index: the weight's place in it, such as (3, 0).

        Returns:
          The gradient, what the optimizer's state holds of the weight before and after, and the update; for adam,
          adamw, sgd, rmsprop and adagrad also the formula, which is compared with the update that was made.

        Raises:
          FieldError: there is no such parameter, or no such place in it.
        """
        return _part("inside").inside(self, name, index)


def _part(name: str) -> Any:
    return importlib.import_module(f"explorer.gradients.{name}")  # which knows of runs itself
