"""A program compiled with other options where it does no harm, before the kernel compiles it so.

Left out, some passes make XLA abort: what runs later finds what it does not expect, and takes the whole process with
it. So does an option with a value that nobody thought of.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import jax

from explorer.compiler.options import DISABLED, passes_off
from explorer.compiler.options_known import is_known
from explorer.compiler.targets.environment import HERE
from explorer.compiler.targets.process import SAFE, TargetError, process_for

TIMEOUT_S = 300.0
# Passes that only make a program better: what follows them takes it as it was, too.
BETTER = frozenset({"fusion", "algsimp", "cse", "dce", "constant_folding", "multi-output-fusion"})


def survive(lowered: Any, options: Mapping[str, Any]) -> None:
    """Make sure that compiling with these options ends no process, in one where that does no harm.

    What XLA refuses in words it refuses in the kernel as well; that is left to it. A device that is no CPU is not here
    for another process, and its compiler is asked at once.

    Args:
      lowered: `jax.stages.Lowered`.
      options: as its `compile` takes them.

    Raises:
      TargetError: it ends the process, or takes too long.
    """
    if is_harmless(options) or jax.default_backend() != "cpu":
        return
    operation = lowered.compiler_ir("stablehlo").operation
    written = io.BytesIO()
    operation.write_bytecode(written)
    partitions = int(operation.attributes["mhlo.num_partitions"])
    process = process_for(HERE)
    asked = {"target": HERE, "partitions": partitions, "options": dict(options)}
    try:
        process.ask(asked, (written.getvalue(),), timeout=TIMEOUT_S, name="this machine")
    except TargetError as error:
        if process.pid is None:
            text = str(error).replace(SAFE, "It was tried in another process first: the kernel is as it was.")
            raise TargetError(f"With these compiler options: {text}", error.detail) from error


def is_harmless(options: Mapping[str, Any]) -> bool:
    """Say whether XLA is known to compile anything with these options, or to refuse them in words."""
    others = options.keys() - {DISABLED}
    return all(is_known(name, options[name]) for name in others) and set(passes_off(options)) <= BETTER
