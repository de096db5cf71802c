"""What JAX and XLA make of a run's functions, as records."""

from __future__ import annotations

import jax

from explorer.compiler.inspection import Inspection
from explorer.compiler.look import failed, look
from explorer.records import Record
from explorer.training.functions import functions_of
from explorer.training.precision import precision
from explorer.training.setup import Setup


def look_at(setup: Setup, name: str) -> Inspection:
    """Inspect one of the functions of a run for the run's device, without running it.

    Args:
      setup: of the run.
      name: a key of `functions_of`.

    Returns:
      The inspection; where the function raises, one that holds the problem.
    """
    with precision(setup.config.dtype), jax.default_device(setup.device):
        function = functions_of(setup)[name]
        try:
            return look(function.call, function.arguments, device=setup.device, name=function.title)
        except Exception as error:  # the reader's own function may raise anything
            return failed(error, function.call, device=setup.device, name=function.title)


def functions_record(setup: Setup, current: str) -> Record:
    """Return which functions can be looked at, and which is."""
    with precision(setup.config.dtype):
        found = functions_of(setup).values()
    listed = [{"name": f.name, "title": f.title, "help": f.help} for f in found]
    return Record("functions", {"functions": listed, "current": current, "device": setup.config.device})
