"""Beale's function: a flat plain with steep corners, where the gradient is tiny or huge."""

from explorer.catalog.models.two_parameters import two_parameters


def beale(x, y):
    """Return the sum of (1.5 - x + x y)^2, (2.25 - x + x y^2)^2, (2.625 - x + x y^3)^2; the minimum is at (3, 0.5)."""
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def build(start_x=1.0, start_y=1.5):
    """Return the model, which starts at (start_x, start_y)."""
    return two_parameters(
        beale,
        (start_x, start_y),
        4.5,
        name="beale",
        title="Beale's function",
        summary="(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²: flat, with steep corners; 0 at (3, 0.5).",
        optimizer=("adam", {"learning_rate": 0.05}),
        steps=1000,
    )
