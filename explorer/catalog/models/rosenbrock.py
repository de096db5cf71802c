"""Rosenbrock's function: easy to get into its curved valley, slow to follow it to the minimum."""

from explorer.catalog.models.two_parameters import two_parameters


def rosenbrock(x, y):
    """Return (1 - x)^2 + 100 (y - x^2)^2; the minimum is 0 at (1, 1)."""
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def build(start_x=-1.2, start_y=1.0):
    """Return the model, which starts at (start_x, start_y)."""
    return two_parameters(
        rosenbrock,
        (start_x, start_y),
        3.0,
        name="rosenbrock",
        title="Rosenbrock's valley",
        summary="(1 − x)² + 100 (y − x²)²: a curved, flat valley; its minimum is 0 at (1, 1).",
        optimizer=("adam", {"learning_rate": 0.02}),
        steps=3000,
    )
