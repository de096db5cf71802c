"""What JAX and XLA make of a run's functions, as records."""

from __future__ import annotations

import jax

from explorer.compiler.inspection import Inspection
from explorer.compiler.look import failed, look
from explorer.compiler.options import PLAIN, Options
from explorer.compiler.targets.target import Target
from explorer.records import Record
from explorer.training.functions import functions_of
from explorer.training.precision import precision
from explorer.training.setup import Setup


def look_at(setup: Setup, name: str, target: Target | None = None) -> Inspection:
    """Inspect one of the functions of a run for the run's device, without running it.

    Args:
      setup: of the run.
      name: a key of `functions_of`.
      target: the machine to compile for in place of the run's device.

    Returns:
      The inspection; where the function raises, one that holds the problem.
    """
    with precision(setup.config.dtype), jax.default_device(setup.device):
        function = functions_of(setup)[name]
        try:
            options = PLAIN if target is None else Options(platform=target.platform, target=target)
            return look(function.call, function.arguments, device=setup.device, name=function.title, options=options)
        except Exception as error:  # the reader's own function may raise anything
            return failed(error, function.call, device=setup.device, name=function.title)


def functions_record(setup: Setup, current: str, target: Target | None = None) -> Record:
    """Return which functions can be looked at, which is, and for what: the run's device, or a machine not here."""
    with precision(setup.config.dtype):
        found = functions_of(setup).values()
    listed = [{"name": f.name, "title": f.title, "help": f.help} for f in found]
    device = setup.config.device if target is None else target.label
    return Record("functions", {"functions": listed, "current": current, "device": device})
