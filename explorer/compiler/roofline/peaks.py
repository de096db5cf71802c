"""How fast a device can be: measured on the one that is here, or as its maker says."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from explorer.compiler.targets.gpus import GPUS
from explorer.compiler.targets.target import Target

HERE, MAKER = "measured here", "from the maker's figures"
LONG_ENOUGH_S = 0.02  # a run that is timed lasts at least so long, where the sizes below allow it
RUNS = 5
SIDES = (512, 1024, 2048, 4096, 8192)  # of the square matrices that are multiplied
LENGTHS = (1 << 24, 1 << 26, 1 << 28)  # float32s that are read and written: 67 MB, 268 MB, 1.07 GB
ON_CPU = 2  # how many of these sizes a CPU is given, whose memory is everybody's

# Of one chip: bfloat16 FLOP/s of its matrix units (dense), bytes/s of its memory, and which page of the documentation
# at docs.cloud.google.com/tpu/docs says so. Of v6e the pages say 1,600 to 1,640 GB/s; this is the newest.
TPUS = {
    "v4": (275e12, 1.200e12, "TPU v4"),
    "v5e": (197e12, 0.819e12, "TPU v5e"),
    "v5p": (459e12, 2.765e12, "TPU7x (Ironwood)"),
    "v6e": (918e12, 1.638e12, "TPU7x (Ironwood)"),
    "7x": (2307e12, 7.380e12, "TPU7x (Ironwood)"),
}
# bfloat16 FLOP/s of the tensor cores (dense, half of what is given "with sparsity"), and the document that says so.
# Of the A6000 that is also 84 cores of 4 units of 128 multiply-adds at 1.8 GHz. The memory is that of `GPUS`.
TENSOR_CORES = {
    "a100": (312e12, "NVIDIA A100 Tensor Core GPU data sheet"),
    "a6000": (154.8e12, "NVIDIA Ampere GA102 GPU Architecture, appendix C; Microway, Ampere GPU accelerators compared"),
    "h100": (989.4e12, "NVIDIA H100 Tensor Core GPU data sheet, SXM: 1,979 TFLOPS with sparsity"),
    "h200": (989.4e12, "NVIDIA H200 Tensor Core GPU data sheet, SXM: the chip of the H100 with other memory"),
    "b200": (2250e12, "NVIDIA Blackwell Architecture Technical Brief, HGX B200: 4,500 TFLOPS with sparsity"),
}
SPECS = "the target specifications in openxla/xla"


@dataclass(frozen=True)
class Peak:
    """What a device can do at most.

    Args:
      name: of what, such as "float32 products".
      per_second: FLOPs, or bytes, a second.
      how: "measured here" or "from the maker's figures".
      detail: one sentence on how it was had.
    """

    name: str
    per_second: float
    how: str
    detail: str


@dataclass(frozen=True)
class Peaks:
    """The roof: the fastest arithmetic, the largest first, and the memory.

    Args:
      arithmetic: FLOPs a second.
      memory: bytes a second; None where it is not known.
    """

    arithmetic: tuple[Peak, ...] = ()
    memory: Peak | None = None

    @property
    def edge(self) -> float | None:
        """FLOPs per byte at which a kernel waits for both; None where either peak is not known."""
        return self.arithmetic[0].per_second / self.memory.per_second if self.arithmetic and self.memory else None


def peaks_of(target: Target) -> Peaks:
    """Return the maker's figures of one chip of a target; empty where none are written down."""
    if target.family == "tpu":
        if target.model not in TPUS:
            return Peaks()
        flops, moved, page = TPUS[target.model]
        told = f"Source: Cloud TPU documentation, {page}."
        return Peaks(
            (Peak("bfloat16 products", flops, MAKER, f"Of one chip's matrix units. {told}"),),
            Peak("memory", moved, MAKER, f"Of one chip's memory. {told}"),
        )
    gpu = GPUS[target.model]
    dense, sheet = TENSOR_CORES[target.model]
    plain = 2.0 * gpu.cores * gpu.fpus * gpu.ghz * 1e9
    return Peaks(
        (
            Peak("bfloat16 products", dense, MAKER, f"Of the tensor cores, dense. Source: {sheet}."),
            Peak("float32", plain, MAKER, f"Two a clock for each float32 unit, without tensor cores. Source: {SPECS}."),
        ),
        Peak("memory", float(gpu.bandwidth), MAKER, f"Of the GPU's memory. Source: {SPECS}."),
    )


def measured_peaks(device: Any) -> Peaks:
    """Measure a device that is here; takes about a second.

    Args:
      device: a `jax.Device`.

    Returns:
      FLOPs a second of a square matrix product in float32, and but on a CPU in bfloat16; bytes a second of an array
      that is read and written.
    """
    few = ON_CPU if device.platform == "cpu" else None
    kinds = [jnp.float32] if device.platform == "cpu" else [jnp.bfloat16, jnp.float32]
    found = [_product(device, dtype, SIDES[: few and few + 1]) for dtype in kinds]
    arithmetic = sorted(found, key=lambda peak: -peak.per_second)
    return Peaks(tuple(arithmetic), _copy(device, LENGTHS[:few]))


def _product(device: Any, dtype: Any, sides: tuple[int, ...]) -> Peak:
    product = jax.jit(lambda a, b: a @ b)
    best, side = 0.0, sides[0]
    for side in sides:
        matrix = jax.device_put(jnp.ones((side, side), dtype), device)
        took = _best(partial(product, matrix, matrix))
        best = max(best, 2.0 * side**3 / took)
        if took >= LONG_ENOUGH_S:
            break
    name = jnp.dtype(dtype).name
    detail = f"Products of {name} matrices up to {side:,} x {side:,}, the best of {RUNS} runs."
    return Peak(f"{name} products", best, HERE, detail)


def _copy(device: Any, lengths: tuple[int, ...]) -> Peak:
    # In place: a result of its own would be memory that the system first has to hand out.
    moved = jax.jit(lambda a: a + 1, donate_argnums=0)
    best, length = 0.0, lengths[0]
    for length in lengths:
        took = _best(_in_place(moved, jax.device_put(jnp.zeros(length, jnp.float32), device)))
        best = max(best, 8.0 * length / took)
        if took >= LONG_ENOUGH_S:
            break
    detail = f"{length * 4 / 1e6:,.0f} MB read and as many written, the best of {RUNS} runs."
    return Peak("memory", best, HERE, detail)


def _in_place(moved: Callable[[Any], Any], array: Any) -> Callable[[], Any]:
    """Return a run that works on what the run before gave."""
    held = [array]

    def run() -> Any:
        held.append(moved(held.pop()))
        return held[0]

    return run


def _best(run: Callable[[], Any]) -> float:
    """Return the seconds of the fastest of some runs, after one to compile."""
    jax.block_until_ready(run())
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        jax.block_until_ready(run())
        times.append(time.perf_counter() - begin)
    return min(times)
