"""Himmelblau's function: four minima, all as good; the start decides which is found."""

from explorer.catalog.models.two_parameters import two_parameters


def himmelblau(x, y):
    """Return (x^2 + y - 11)^2 + (x + y^2 - 7)^2; it is 0 at four points, one of them (3, 2)."""
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def build(start_x=0.0, start_y=0.0):
    """Return the model, which starts at (start_x, start_y)."""
    return two_parameters(
        himmelblau,
        (start_x, start_y),
        6.0,
        name="himmelblau",
        title="Himmelblau's function",
        summary="(x² + y − 11)² + (x + y² − 7)²: four minima of 0; the start decides which is found.",
        optimizer=("adam", {"learning_rate": 0.05}),
        steps=500,
    )
