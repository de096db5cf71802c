"""The models of the catalog, for tests that take each of them: those that compile long are for the nightly run."""

import pytest

from explorer.catalog import registry

LONG = frozenset({"autoencoder", "convolutional-network", "fourier-features", "recurrent-network", "transformer"})


def each_model(nightly=LONG):
    """Every model's name as a parameter of a test.

    Args:
      nightly: those that only the nightly run takes.
    """
    return [pytest.param(n, marks=pytest.mark.slow if n in nightly else ()) for n in registry.names("model")]
