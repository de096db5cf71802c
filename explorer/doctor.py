"""What this machine can do, in words: `jax-explorer doctor`."""

from __future__ import annotations

import importlib
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from explorer import versions

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


class Finding(NamedTuple):
    """One thing that was looked at.

    Args:
      level: "ok"; "note" for what is only worth knowing; "problem" for what must be put right.
      text: one sentence or line.
      command: what to run to put it right, or empty.
    """

    level: str
    text: str
    command: str = ""


def diagnose() -> Iterator[Finding]:
    """Yield what there is to say, one finding after another; a check that breaks is itself a finding."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (_python, _packages, _devices, _kernel, _browser)
    for check in checks:
        try:
            yield from check()
        except Exception as error:
            name = check.__name__.strip("_")
            yield Finding("problem", f"The check of {name} broke: {type(error).__name__}: {error}")


def main() -> int:
    """Print what there is to say.

    Returns:
      0 when the explorer can run in JupyterLab here, 1 when something must be put right first.
    """
    print(f"JAX Explorer {versions.own()} on {platform.system()} {platform.machine()}\n")
    problems = []
    marks = {"ok": "ok     ", "note": "note   ", "problem": "PROBLEM"}
    for finding in diagnose():
        print(f"{marks[finding.level]}  {finding.text}", flush=True)
        if finding.command:
            print(f"         {finding.command}")
        if finding.level == "problem":
            problems.append(finding)
    count = len(problems)
    if not count:
        print("\nEverything that the explorer needs is here. Open the notebooks with: jax-explorer")
    else:
        print(f"\n{count} {'thing' if count == 1 else 'things'} to put right: see each PROBLEM above.")
    return 1 if count else 0


def _python() -> Iterator[Finding]:
    version, allowed = platform.python_version(), versions.wanted_python()
    text = f"Python {version} at {sys.executable}"
    if versions.in_range(version, allowed):
        yield Finding("ok", text)
    else:
        yield Finding("problem", f"{text}; the explorer needs {versions.in_words(allowed)}.")


def _packages() -> Iterator[Finding]:
    for name, allowed in {**versions.wanted(), **versions.wanted("lab")}.items():
        version = versions.installed(name)
        command = f'{sys.executable} -m pip install "{name}{allowed}"'
        if version is None:
            yield Finding("problem", f"{name} is missing; this adds it:", command)
        elif not versions.in_range(version, allowed):
            needs = versions.in_words(allowed)
            yield Finding("problem", f"{name} {version} is not {needs}; this installs one that is:", command)
        else:
            yield Finding("ok", f"{name} {version}")


def _devices() -> Iterator[Finding]:
    try:
        jax = importlib.import_module("jax")
        targets = importlib.import_module("explorer.catalog.targets")
        names = targets.devices()
    except Exception as error:  # a jax and jaxlib that do not match raise at import, in many ways
        yield Finding("problem", f"JAX cannot be used: {type(error).__name__}: {error}")
        return
    if not names:
        yield Finding("problem", "JAX finds no device to run on; is JAX_PLATFORMS set to one that is not here?")
    for name in names:
        about = targets.describe(name)
        memory = f", {about['memory'] / 2**30:.1f} GiB for JAX" if about["memory"] else ""
        started = time.perf_counter()
        value = jax.jit(lambda x: x * 2)(jax.device_put(21.0, targets.device(name)))
        right = float(value) == 42
        took = f"{time.perf_counter() - started:.2f} s"
        text = f"Device {name}: {about['title']}{memory}"
        if right:
            yield Finding("ok", f"{text}; compiled and ran a function in {took}")
        else:
            yield Finding("problem", f"{text}; 21 * 2 came out as {value}")
    if shutil.which("nvidia-smi") and not any(name.startswith("gpu") for name in names):
        command = f'{sys.executable} -m pip install "jax[cuda12]=={jax.__version__}"'
        yield Finding("note", "There is an NVIDIA driver here, but JAX sees no GPU; this adds it:", command)
    wide = "on" if jax.config.jax_enable_x64 else "off, as JAX starts"
    yield Finding("ok", f"64 bit numbers (x64): {wide}; checks in float64 switch them on for themselves")


def _kernel() -> Iterator[Finding]:
    if versions.installed("jupyterlab") is None or versions.installed("ipykernel") is None:
        return
    kernels = importlib.import_module("jupyter_client.kernelspec").KernelSpecManager()
    command = kernels.get_kernel_spec("python3").argv[0]
    # JupyterLab replaces a bare "python" by the Python that it runs in itself.
    if command in (sys.executable, "python", "python3", f"python3.{sys.version_info.minor}"):
        yield Finding("ok", "Notebooks run in this Python (kernel python3)")
    else:
        fix = f"{sys.executable} -m ipykernel install --sys-prefix"
        yield Finding("problem", f"Notebooks run in another Python, {command}; this changes it:", fix)


def _browser() -> Iterator[Finding]:
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if versions.installed("playwright") is None:
        command = f'{sys.executable} -m pip install "playwright{versions.wanted("test")["playwright"]}"'
        yield Finding("note", "playwright is missing, which only the browser tests need; this adds it:", command)
    if found:
        yield Finding("ok", f"Browser for the tests: {found}")
    else:
        text = "No Chromium is here, which only the browser tests need; on Debian and Ubuntu this adds it:"
        yield Finding("note", text, "sudo apt-get install chromium")
