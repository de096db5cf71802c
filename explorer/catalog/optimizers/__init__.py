"""Every ready-made optimizer of optax and optax.contrib, generated from their signatures and docstrings."""

from explorer.catalog.optimizers.fitting import fits
from explorer.catalog.optimizers.info import OptimizerInfo, check, get, names
from explorer.catalog.optimizers.missing import missing
from explorer.catalog.optimizers.optimizer import Optimizer, build

__all__ = ["Optimizer", "OptimizerInfo", "build", "check", "fits", "get", "missing", "names"]
