"""A saddle between two minima: flat where one starts, down to either side."""

from explorer.catalog.models.two_parameters import two_parameters


def saddle(x, y):
    """Return x^2 + (y^2 - 1)^2: a saddle of height 1 at (0, 0), minima of 0 at (0, -1) and (0, 1)."""
    return x**2 + (y**2 - 1) ** 2


def build(start_x=1.0, start_y=0.001):
    """Return the model, which starts at (start_x, start_y)."""
    return two_parameters(
        saddle,
        (start_x, start_y),
        2.0,
        name="saddle",
        title="Saddle",
        summary="x² + (y² − 1)²: a saddle at (0, 0), where the gradient vanishes, between minima at (0, ±1).",
        # Plain gradient descent lingers at the saddle, which is what there is to see.
        optimizer=("sgd", {"learning_rate": 0.05}),
        steps=300,
    )
