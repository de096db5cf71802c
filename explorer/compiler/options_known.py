"""Compiler options of XLA's that matter to who looks at a program, with what they do in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from explorer.errors import FieldError

FIELD = "compiler_options"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_BOOLS = (True, False)


class Known(NamedTuple):
    """What an option does, in a sentence, and the values that it may have."""

    help: str
    values: tuple[Any, ...]


KNOWN = {
    "xla_cpu_enable_fast_math": Known(
        "Computes as if no number were NaN or infinite, and sums in any order: faster, less exact.", _BOOLS
    ),
    "xla_cpu_enable_fast_min_max": Known("Takes min and max by the fastest instruction, whatever NaN gives.", _BOOLS),
    "xla_backend_optimization_level": Known("How hard LLVM optimizes the machine code.", (0, 1, 2, 3)),
    "xla_llvm_disable_expensive_passes": Known("Leaves out what LLVM takes long for: compiles faster.", _BOOLS),
    "xla_allow_excess_precision": Known("Keeps more digits than the dtype has between fused operations.", _BOOLS),
    "xla_cpu_prefer_vector_width": Known("Bits that one instruction of the CPU works on at once.", (128, 256, 512)),
    "xla_cpu_max_isa": Known("The newest instructions of the CPU it may use.", ("SSE4_2", "AVX", "AVX2", "AVX512")),
    "xla_gpu_autotune_level": Known("How many kernels are tried on the GPU; 0 tries none.", (0, 1, 2, 3, 4)),
    "xla_gpu_enable_triton_gemm": Known("Makes matrix products on the GPU by Triton where that is faster.", _BOOLS),
    "xla_gpu_enable_latency_hiding_scheduler": Known("Computes on the GPU while data is on its way.", _BOOLS),
}


def is_known(name: str, value: Any) -> bool:
    """Say whether an option is one of these, with a value that it may have."""
    return name in KNOWN and any(value == each and type(value) is type(each) for each in KNOWN[name].values)


def parsed(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return compiler options, what was typed read as XLA takes it: true and false, and whole numbers.

    Raises:
      FieldError: a name is none, or a known option cannot have the value. What else XLA knows, XLA tells.
    """
    return {_checked(name): _value(name, value) for name, value in options.items()}


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise FieldError(FIELD, f"'{name}' is no name of an option.", "Write name=value, such as xla_x=true.")
    return name


def _value(name: str, value: Any) -> Any:
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in ("true", "false"):
            value = text.lower() == "true"
        else:
            value = int(text) if re.fullmatch(r"-?\d{1,18}", text) else text
    if name in KNOWN and not is_known(name, value):
        allowed = ", ".join(str(each).lower() if isinstance(each, bool) else str(each) for each in KNOWN[name].values)
        raise FieldError(FIELD, f"the value of {name} cannot be '{value}'.", f"Allowed: {allowed}.")
    return value


def refused(reason: str | None) -> str:
    """Return why XLA did not compile with some options, without the names of its own errors."""
    text = re.sub(r"^(?:\w+Error: )?(?:[A-Z_]+: )?", "", reason or "it could not be compiled so.")
    return text if text.endswith(".") else f"{text}."


def header() -> list[dict[str, Any]]:
    """Return the known options for a record."""
    return [{"name": name, "help": known.help, "values": list(known.values)} for name, known in KNOWN.items()]
