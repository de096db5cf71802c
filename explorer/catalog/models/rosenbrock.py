"""Rosenbrock's function: easy to get into its curved valley, slow to follow it to the minimum."""

from explorer.catalog.models.two_parameters import two_parameters


def rosenbrock(x, y):
    """Return (1 - x)^2 + 100 (y - x^2)^2; the minimum is 0 at (1, 1)."""
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def build(x=-1.2, y=1.0):
    """Return the model, which starts at (x, y)."""
    return two_parameters(
        rosenbrock,
        (x, y),
        3.0,
        name="rosenbrock",
        title="Rosenbrock's valley",
        summary="(1 − x)² + 100 (y − x²)²: a curved, flat valley; its minimum is 0 at (1, 1).",
        optimizer=("adam", {"learning_rate": 0.02}),
        steps=3000,
    )
