"""What a program can be compiled for without the hardware, by name: "tpu-v5e:2x2", "gpu-h100", "gpu-h100:8"."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from explorer.compiler.targets.gpus import GPUS, MOST_GPUS
from explorer.compiler.targets.tpus import GENERATIONS, MOST_CHIPS
from explorer.errors import FieldError

_NAME = re.compile(r"(?P<family>tpu|gpu)-?(?P<model>v?[0-9a-z]+)(?::(?P<size>\d+(?:x\d+)*))?")


@dataclass(frozen=True)
class Target:
    """A machine that a program can be compiled for where it is not.

    Args:
      family: "tpu" or "gpu", which says whose compiler is needed.
      model: such as "v5e" or "h100".
      topology: of TPUs the chips along each axis; of GPUs their number.
    """

    family: str
    model: str
    topology: tuple[int, ...]

    @property
    def name(self) -> str:
        """Such as "tpu-v5e:2x2", "gpu-h100" or "gpu-h100:8"."""
        return self.machine if self.topology == (1,) else f"{self.machine}:{self.size}"

    @property
    def machine(self) -> str:
        """Its name without how many there are, such as "tpu-v5e"."""
        return f"{self.family}-{self.model}"

    @property
    def size(self) -> str:
        """How many there are, as a name says it: "2x2" chips, "8" GPUs."""
        return "x".join(map(str, self.topology))

    @property
    def machine_title(self) -> str:
        """For people, without how many there are."""
        return GENERATIONS[self.model].title if self.family == "tpu" else GPUS[self.model].title

    @property
    def title(self) -> str:
        """For people, such as "TPU v5e, 2x2 chips"."""
        if self.family == "tpu":
            return f"{self.machine_title}, {'1 chip' if self.chips == 1 else f'{self.size} chips'}"
        return self.machine_title if self.chips == 1 else f"{self.chips} x {self.machine_title}"

    @property
    def chips(self) -> int:
        """How many chips, or GPUs."""
        return math.prod(self.topology)

    @property
    def devices(self) -> int:
        """How many devices JAX sees there; two on a chip that has two cores."""
        return self.chips * (GENERATIONS[self.model].devices if self.family == "tpu" else 1)

    @property
    def platform(self) -> str:
        """What JAX lowers for: "tpu" or "cuda"."""
        return "tpu" if self.family == "tpu" else "cuda"

    @property
    def label(self) -> str:
        """What stands beside a program for it: what it is, that it does not run here, and how good it is."""
        return f"{self.title} (compile only{', not autotuned' if self.family == 'gpu' else ''})"


def parsed(name: str) -> Target:
    """Return the target of a name; a TPU without a topology has the smallest that its hosts come in.

    Raises:
      FieldError: there is none of that name.
    """
    match = _NAME.fullmatch(str(name).strip().lower())
    if match is None:
        raise _badly_sized(name) or _unknown(name)
    family, size = match["family"], match["size"]
    if family == "gpu":
        return _gpu(name, match["model"], size)
    model = match["model"] if match["model"] in GENERATIONS else match["model"].removeprefix("v")
    if model not in GENERATIONS:
        raise _unknown(name)
    least = GENERATIONS[model].least
    topology = tuple(map(int, size.split("x"))) if size else least
    if len(topology) != len(least):
        shapes = {2: "two numbers such as 4x4", 3: "three numbers such as 2x2x1"}
        raise FieldError(
            "target",
            f"'{name}' has {_numbers(len(topology))}.",
            f"The chips of a {GENERATIONS[model].title} are arranged by {shapes[len(least)]}.",
        )
    if not 0 < math.prod(topology) <= MOST_CHIPS:
        chips = math.prod(topology)
        raise FieldError("target", f"'{name}' has {chips:,} chips.", f"Allowed: 1 to {MOST_CHIPS} chips.")
    return Target("tpu", model, topology)


def offered() -> tuple[Target, ...]:
    """Return the targets that a list names; other topologies and numbers of GPUs can be typed."""
    tpus = [Target("tpu", m, shape) for m, found in GENERATIONS.items() for shape in (found.least, found.most)]
    gpus = [Target("gpu", model, (count,)) for model in GPUS for count in (1, 8)]
    return (*tpus, *gpus)


def _gpu(name: str, model: str, size: str | None) -> Target:
    if model not in GPUS or (size and "x" in size):
        raise _unknown(name)
    count = int(size or 1)
    if not 0 < count <= MOST_GPUS:
        raise FieldError("target", f"'{name}' has {count:,} GPUs.", f"Allowed: 1 to {MOST_GPUS} GPUs.")
    return Target("gpu", model, (count,))


def _numbers(count: int) -> str:
    return "one number" if count == 1 else f"{count} numbers"


def _badly_sized(name: str) -> FieldError | None:
    """Return what is wrong with what stands behind a known machine's colon; None where the machine is not known."""
    machine, colon, size = str(name).partition(":")
    try:
        found = parsed(machine) if colon else None
    except FieldError:
        return None
    if found is None:
        return None
    example = found.size if found.family == "tpu" else "8"
    return FieldError("target", f"'{size}' does not say how many there are.", f"Write such as {example}.")


def _unknown(name: object) -> FieldError:
    return FieldError("target", f"there is none called '{name}'.", f"Allowed: {HINT}.")


HINT = (
    f"{', '.join(f'tpu-{model}' for model in GENERATIONS)}, with a topology such as tpu-v5e:4x4; "
    f"{', '.join(f'gpu-{model}' for model in GPUS)}, with a number such as gpu-h100:8"
)
