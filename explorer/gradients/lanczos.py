"""The extreme eigenvalues of a symmetric matrix that is only known by its products with vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Extremes(NamedTuple):
    """What Lanczos found.

    Args:
      largest, smallest: estimates of the largest and the smallest eigenvalue.
      vector: f64[n], of the largest one, of length 1.
      error: an eigenvalue lies at most this far from `largest`.
      products: how many products it took.
      converged: whether `error` came below what was asked for.
    """

    largest: float
    smallest: float
    vector: np.ndarray
    error: float
    products: int
    converged: bool


def lanczos(product: Callable[[np.ndarray], np.ndarray], start: np.ndarray, *, tolerance: float, most: int) -> Extremes:
    """Return the extremes, by Lanczos iteration with full reorthogonalisation.

    Args:
      product: v f64[n] -> A v f64[n].
      start: f64[n], not zero; the nearer to the eigenvector, the fewer products.
      tolerance: of the largest eigenvalue, relative to the greatest in size.
      most: products at most.

    Raises:
      FloatingPointError: a product is not finite.

    Source:
      Golub and Van Loan, Matrix Computations, 4th edition, section 10.1; the bound is |beta_k s_k|, section 10.1.4.
    """
    basis = [start / np.linalg.norm(start)]
    alphas: list[float] = []
    betas: list[float] = []
    while True:
        step = product(basis[-1])
        if not np.isfinite(step).all():
            raise FloatingPointError("a product with the matrix is not finite")
        alphas.append(float(basis[-1] @ step))
        known = np.asarray(basis)
        for _ in range(2):  # once is not enough where nearly all of it goes
            step = step - known.T @ (known @ step)
        beta = float(np.linalg.norm(step))
        values, vectors = np.linalg.eigh(np.diag(alphas) + np.diag(betas, 1) + np.diag(betas, -1))
        error = beta * abs(float(vectors[-1, -1]))
        scale = float(np.abs(values).max())
        # Where the vectors span all that the start reaches, what is left over is rounding.
        spent = len(basis) == len(start) or beta <= 1e-10 * scale or scale == 0.0
        converged = spent or (error <= tolerance * scale and len(basis) > 2)
        if converged or len(basis) >= most:
            largest = known.T @ vectors[:, -1]
            return Extremes(float(values[-1]), float(values[0]), largest, error, len(basis), converged)
        betas.append(beta)
        basis.append(step / beta)
