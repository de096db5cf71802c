"""Rastrigin's function: a bowl full of dents; a gradient alone gets stuck in the nearest one."""

import jax.numpy as jnp

from explorer.catalog.models.two_parameters import two_parameters


def rastrigin(x, y):
    """Return 20 + x^2 - 10 cos(2 pi x) + y^2 - 10 cos(2 pi y); the minimum is 0 at (0, 0)."""
    return 20 + x**2 - 10 * jnp.cos(2 * jnp.pi * x) + y**2 - 10 * jnp.cos(2 * jnp.pi * y)


def build(start_x=2.3, start_y=-1.6):
    """Return the model, which starts at (start_x, start_y)."""
    return two_parameters(
        rastrigin,
        (start_x, start_y),
        5.0,
        name="rastrigin",
        title="Rastrigin's function",
        summary="20 + x² − 10 cos 2πx + y² − 10 cos 2πy: a bowl full of dents; the lowest, 0, is at (0, 0).",
        optimizer=("adam", {"learning_rate": 0.02}),
        steps=500,
    )
