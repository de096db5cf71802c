"""NVIDIA GPUs that XLA compiles for: the facts about the hardware that its compiler asks for."""

from __future__ import annotations

from typing import NamedTuple

MOST_GPUS = 256
OF_A_HOST = 8  # GPUs that a machine holds at most


class Gpu(NamedTuple):
    """The facts of a GPU, as the CUDA driver tells them.

    Args:
      title: what the driver calls it.
      capability: major and minor compute capability.
      extension: which of its features code may use: "NONE" or "ACCELERATED_FEATURES".
      cores: streaming multiprocessors; fpus: float32 units of each; ghz: their clock.
      bandwidth: of the device's memory, bytes a second; memory, l2_cache: bytes.
      shared_memory: bytes of each multiprocessor, and of a block that opts in.
      threads: that a multiprocessor holds.

    Source: https://github.com/openxla/xla/tree/main/xla/backends/gpu/target_config/specs
    """

    title: str
    capability: tuple[int, int]
    extension: str
    cores: int
    fpus: int
    ghz: float
    bandwidth: int
    memory: int
    l2_cache: int
    shared_memory: tuple[int, int]
    threads: int


_NEW = "ACCELERATED_FEATURES"
_HOPPER = (233_472, 232_448)
GPUS = {
    "a100": Gpu(
        "NVIDIA A100-SXM4-80GB", (8, 0), "NONE", 108, 64, 1.41, 2_039_040_000_000, 85_100_068_864, 41_943_040,
        (167_936, 166_912), 2048,
    ),
    "a6000": Gpu(
        "NVIDIA RTX A6000", (8, 6), "NONE", 84, 128, 1.8, 768_096_000_000, 51_041_271_808, 6_291_456,
        (102_400, 101_376), 1536,
    ),
    "h100": Gpu(
        "NVIDIA H100 80GB HBM3", (9, 0), _NEW, 132, 128, 1.98, 3_352_320_000_000, 84_942_979_072, 52_428_800,
        _HOPPER, 2048,
    ),
    "h200": Gpu(
        "NVIDIA H200 141GB HBM3e", (9, 0), _NEW, 132, 128, 1.98, 4_800_000_000_000, 151_397_597_184, 52_428_800,
        _HOPPER, 2048,
    ),
    "b200": Gpu(
        "NVIDIA B200", (10, 0), _NEW, 148, 128, 1.965, 7_672_320_000_000, 191_514_411_008, 132_644_864,
        _HOPPER, 2048,
    ),
}  # fmt: skip


def config_of(gpu: Gpu) -> str:
    """Return a GPU as XLA's `GpuTargetConfigProto` in text form. What is the same for all of them stands here."""
    major, minor = gpu.capability
    return f"""
gpu_device_info {{
  threads_per_block_limit: 1024 threads_per_warp: 32 threads_per_core_limit: {gpu.threads}
  shared_memory_per_block: 49152
  shared_memory_per_core: {gpu.shared_memory[0]} shared_memory_per_block_optin: {gpu.shared_memory[1]}
  core_count: {gpu.cores} fpus_per_core: {gpu.fpus} clock_rate_ghz: {gpu.ghz}
  block_dim_limit_x: 2147483647 block_dim_limit_y: 65535 block_dim_limit_z: 65535
  thread_dim_limit_x: 1024 thread_dim_limit_y: 1024 thread_dim_limit_z: 64
  memory_bandwidth: {gpu.bandwidth} l2_cache_size: {gpu.l2_cache} device_memory_size: {gpu.memory}
  registers_per_core_limit: 65536 registers_per_block_limit: 65536
  cuda_compute_capability {{ major: {major} minor: {minor} feature_extension: {gpu.extension} }}
  dnn_version: "9.10.0" runtime_version: "13.0.0" driver_version: "13.0.0" compile_time_toolkit_version: "13.0.0"
}}
platform_name: "CUDA"
dnn_version_info {{ major: 9 minor: 10 }}
device_description_str: "{gpu.title}"
"""


def layout_of(count: int) -> str:
    """Return how a number of GPUs is arranged, as XLA writes it: slices, hosts and GPUs of a host."""
    hosts, rest = divmod(count, OF_A_HOST)
    return f"1x{hosts}x{OF_A_HOST}" if hosts and not rest else f"1x1x{count}"
