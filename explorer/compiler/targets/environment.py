"""The environment of the process that compiles: no device of this machine, no CUDA toolkit but that of the extra."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

HERE = "here"
TOOLS = ("ptxas", "nvlink", "nvcc", "fatbinary")
_TOOLKITS = ("CUDA_HOME", "CUDA_PATH", "CUDA_ROOT", "CUDA_DIR", "TF_CUDA_TOOLKIT_PATH", "LD_LIBRARY_PATH")
# A TPU machine tells its compiler what it is; here is none, and asking for it over the network takes a minute.
_NO_TPU = {
    "TPU_SKIP_MDS_QUERY": "1",
    "TPU_WORKER_HOSTNAMES": "localhost",
    "TPU_ACCELERATOR_TYPE": "v5litepod-1",
    "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",  # the kernel, or another one, may hold the machine's lock on it
}


def environment_for(family: str, around: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment variables of the process for a family of targets.

    Args:
      family: "tpu" or "gpu", or `HERE` for the CPU of this machine.
      around: those of the kernel; `os.environ`, where not given.
    """
    kept = dict(os.environ if around is None else around)
    if family == HERE:  # as the kernel compiles for its CPU
        return kept | {"JAX_PLATFORMS": "cpu"}
    for name in [name for name in kept if name.startswith(("XLA_", "JAX_", "TPU_", "LIBTPU_"))]:
        del kept[name]  # meant for the programs that run in the kernel
    kept["JAX_PLATFORMS"] = "cpu"
    if family == "tpu":
        return kept | _NO_TPU
    for name in _TOOLKITS:
        kept.pop(name, None)
    places = [place for place in kept.get("PATH", "").split(os.pathsep) if place and not _has_tools(Path(place))]
    toolkit = toolkit_of_the_extra()
    return kept | {
        "PATH": os.pathsep.join(places),
        "CUDA_VISIBLE_DEVICES": "",
        "XLA_FLAGS": f"--xla_gpu_cuda_data_dir={toolkit}" if toolkit else "",
    }


def toolkit_of_the_extra() -> Path | None:
    """Return the folder that pip put CUDA's assembler into, None where it did not."""
    found = find_spec("nvidia")
    for root in found.submodule_search_locations or () if found else ():
        for folder in sorted(Path(root).glob("cu*")):
            if (folder / "bin" / "ptxas").is_file():
                return folder
    return None


def _has_tools(place: Path) -> bool:
    return any((place / tool).is_file() for tool in TOOLS)
