"""Measured time of each instruction, from a profile on the device that is here."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
from jax.profiler import ProfileData, ProfileOptions

from explorer.compiler.made_up import arguments_for, donated
from explorer.errors import ExplorerError

LONGEST_S = 20.0  # a slow function is run fewer times, so that all runs fit into this
# On a GPU, kernels that are launched together as a command buffer are no steps of their own in a profile
# (openxla/xprof issue 3070): it is taken without them.
APART = {"xla_gpu_enable_command_buffer": ""}
WITHOUT_BUFFERS = "Taken without command buffers, which launch several kernels as one and hide them from the profile."
NOT_SEEN = "Parts of a fusion run as one and are not told apart; what is too small to be a step of its own is not seen."

_one_at_a_time = threading.Lock()  # the process has one profiler


class MeasureError(ExplorerError, RuntimeError):
    """A function that could not be measured, and why."""


@dataclass(frozen=True)
class Measured:
    """What a profile says of one program.

    Args:
      microseconds: by the name of an instruction, the wall-clock time in one call during which it was running,
        the median of the runs; a loop's includes what it runs, and what is in a loop is summed over its turns.
      runs: how many calls were profiled.
      call_us: microseconds of one call from start to end, the median of the runs; the profiler slows it.
      device: where it ran.
      note: sentences on what the figures are and what is not in them.
    """

    microseconds: Mapping[str, float]
    runs: int
    call_us: float
    device: str
    note: str

    def header(self) -> dict[str, Any]:
        """Return what a record says of the measurement."""
        return {"runs": self.runs, "device": self.device, "note": self.note, "call_us": self.call_us}


def needs_apart(compiled: Any) -> bool:
    """Whether a program has to be compiled with `APART` for its instructions to be seen in a profile."""
    return any(device.platform == "gpu" for device in _devices(compiled))


def measure(
    compiled: Any, arguments: Sequence[Any] | None = None, *, module: str, runs: int = 5, note: str = ""
) -> Measured:
    """Run a compiled function and return what its instructions took. It may be called from any thread.

    Args:
      compiled: a `jax.stages.Compiled` for a device that is here.
      arguments: (args, kwargs) without the static ones; what is missing, or only a shape, is made up.
      module: the name of the HLO module, such as "jit_step"; other programs in the profile are passed over.
      runs: how many calls to profile, after one or two that are not; fewer where they would take over `LONGEST_S`.
      note: a sentence on how the program was compiled, for the note of the measurement.

    Raises:
      MeasureError: its device is not here, another profile is being taken, or this one holds nothing of the function.
      Whatever the function raises.
    """
    devices = _devices(compiled)
    device = ", ".join(sorted(str(d) for d in devices))
    if not all(map(_is_here, devices)):
        raise MeasureError(f"It was compiled for {device}, which is not in this machine: nothing can run there.")
    leaves, tree, made = arguments_for(compiled, arguments)
    used_up = donated(compiled)

    def call() -> float:
        taken = [jax.numpy.array(leaf, copy=True) if used else leaf for leaf, used in zip(leaves, used_up, strict=True)]
        args, kwargs = jax.tree.unflatten(tree, jax.block_until_ready(taken))
        start = time.perf_counter()
        jax.block_until_ready(compiled(*args, **kwargs))
        return time.perf_counter() - start

    once = call()  # it also loads code and touches memory
    if once < LONGEST_S / 2:
        once = min(once, call())
    runs = max(1, min(runs, int(LONGEST_S / max(once, 1e-9))))
    with _one_at_a_time, tempfile.TemporaryDirectory(prefix="jax-explorer-") as folder:
        try:
            with jax.profiler.trace(folder, profiler_options=_options()):
                times = [call() for _ in range(runs)]
        except RuntimeError as error:
            if "profile" not in str(error).lower():
                raise
            raise MeasureError(f"Another profile is being taken in this process: {error}") from error
        steps = [step for path in Path(folder).rglob("*.xplane.pb") for step in _steps(path, module)]
    if not steps:
        raise MeasureError(f"The profile of this device holds no instruction of '{module}'; nothing could be measured.")
    microseconds, how = _per_call(steps, runs)
    inputs = "Inputs were made up (standard normal numbers, integers 0 and 1)." if made else ""
    told = " ".join(sentence for sentence in (how, inputs, note, NOT_SEEN) if sentence)
    return Measured(microseconds, runs, statistics.median(times) * 1e6, device, told)


Step = tuple[str, Any, float, float]  # instruction, run, start and end in nanoseconds


def _options() -> Any:
    options = ProfileOptions()
    options.python_tracer_level = 0  # only the device's steps are read
    return options


def _steps(path: Path, module: str) -> Iterator[Step]:
    for plane in ProfileData.from_file(str(path)).planes:
        for line in plane.lines:
            for event in line.events:
                if event.name.startswith("end: "):
                    continue
                stats = dict(event.stats)
                if stats.get("hlo_module") == module and "hlo_op" in stats:
                    yield str(stats["hlo_op"]), stats.get("run_id"), event.start_ns, event.start_ns + event.duration_ns


def _per_call(steps: Iterable[Step], runs: int) -> tuple[dict[str, float], str]:
    """Return microseconds of one call by instruction, and how they came about."""
    spans: dict[str, dict[Any, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    seen = set()
    for name, run, start, end in steps:
        seen.add(run)
        spans[name][run].append((start, end))
    if len(seen) == runs:
        took = {name: [_union(of[run]) if run in of else 0.0 for run in seen] for name, of in spans.items()}
        found = {name: statistics.median(times) / 1e3 for name, times in took.items()}
        return found, "Each time is the median of the calls."
    # the device numbers no runs, or there are several devices, each with numbers of its own
    found = {name: sum(map(_union, of.values())) / max(len(seen), runs) / 1e3 for name, of in spans.items()}
    return found, "Each time is the mean of the calls."


def _union(spans: list[tuple[float, float]]) -> float:
    """Return how long at least one of the spans lasts: an instruction may be split over threads, or be in itself."""
    total, until = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total


def _is_here(device: Any) -> bool:
    try:
        return device in jax.local_devices(backend=device.platform)
    except RuntimeError:  # there is no such platform here
        return False


def _devices(compiled: Any) -> set[Any]:
    shardings = jax.tree.leaves((compiled.input_shardings, compiled.output_shardings))
    return next((s.device_set for s in shardings if isinstance(s, jax.sharding.Sharding)), {jax.devices()[0]})
