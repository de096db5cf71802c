"""What JAX and XLA make of a run's functions, as records."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import jax

from explorer.compiler.inspection import Inspection
from explorer.compiler.look import failed
from explorer.compiler.options import Options
from explorer.compiler.subject import Subject
from explorer.compiler.targets.target import Target
from explorer.records import Record
from explorer.training.functions import functions_of
from explorer.training.precision import precision
from explorer.training.setup import Setup


def subject_of(
    setup: Setup, name: str, target: Target | None = None, compiler_options: Mapping[str, Any] = MappingProxyType({})
) -> Subject:
    """Return one of the functions of a run as what is looked at, for the run's device.

    Args:
      setup: of the run.
      name: a key of `functions_of`.
      target: the machine to compile for in place of the run's device.
      compiler_options: as `jax.stages.Lowered.compile` takes them.
    """
    with precision(setup.config.dtype):
        function = functions_of(setup)[name]
        platform = None if target is None else target.platform
        options = Options(platform=platform, target=target, compiler_options=compiler_options)
        return Subject(function.call, function.arguments, device=setup.device, options=options, title=function.title)


def look_at(
    setup: Setup, name: str, target: Target | None = None, compiler_options: Mapping[str, Any] = MappingProxyType({})
) -> Inspection:
    """Inspect one of the functions of a run, as `subject_of` takes them, without running it.

    Returns:
      The inspection; where the function raises, one that holds the problem.
    """
    subject = subject_of(setup, name, target, compiler_options)
    with precision(setup.config.dtype), jax.default_device(setup.device):
        try:
            return subject.look()
        except Exception as error:  # the reader's own function may raise anything
            return failed(error, subject.fn, device=setup.device, name=subject.name)


def functions_record(setup: Setup, current: str, target: Target | None = None) -> Record:
    """Return which functions can be looked at, which is, and for what: the run's device, or a machine not here."""
    with precision(setup.config.dtype):
        found = functions_of(setup).values()
    listed = [{"name": f.name, "title": f.title, "help": f.help} for f in found]
    device = setup.config.device if target is None else target.label
    return Record("functions", {"functions": listed, "current": current, "device": device})
