"""Which compilers for other machines are installed, and what to install where one is not."""

from __future__ import annotations

from importlib.util import find_spec

from explorer.compiler.targets.environment import toolkit_of_the_extra

EXTRAS = {"tpu": "tpu-targets", "gpu": "gpu-targets"}


def is_installed(family: str) -> bool:
    """Say whether programs can be compiled for a family of targets, "tpu" or "gpu"."""
    if family == "tpu":
        return find_spec("libtpu") is not None
    plugins = find_spec("jax_plugins")
    has_plugin = plugins is not None and find_spec("jax_plugins.xla_cuda13") is not None
    return has_plugin and toolkit_of_the_extra() is not None


def to_install(family: str) -> str:
    """Return the command that installs the compiler of a family."""
    return f"pip install 'jax-explorer[{EXTRAS[family]}]'"
