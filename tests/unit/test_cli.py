"""The command `jax-explorer`, run for real: in this Python, in an empty one, and as an installed package."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from explorer import lab, versions

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, python: str = sys.executable, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m explorer` in an environment that holds next to nothing of this one."""
    kept = {"PATH": os.defpath, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    return subprocess.run(
        [python, *(() if arguments[0] == "-c" else ("-m", "explorer")), *arguments],
        env=kept | environment, capture_output=True, text=True, timeout=180,
    )  # fmt: skip


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python with nothing installed."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False)
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def test_the_installed_command_answers() -> None:
    command = shutil.which("jax-explorer", path=str(Path(sys.executable).parent))
    assert command, "pip install -e . puts the command beside this Python"
    done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert done.stdout.split() == ["jax-explorer", versions.own()]


def test_help_answers_without_importing_jax() -> None:
    code = (
        "import sys\n"
        "from explorer.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as end: print('exit', end.code)\n"
        "print(sorted({'jax', 'numpy', 'optax', 'ipywidgets', 'jupyterlab'} & set(sys.modules)))"
    )
    done = run("-c", code)
    assert "doctor" in done.stdout
    assert done.stdout.splitlines()[-2:] == ["exit 0", "[]"]


def test_doctor_finds_everything_here() -> None:
    done = run("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in (*versions.wanted(), *versions.wanted("lab")):
        assert f"ok       {name} {metadata.version(name)}\n" in done.stdout
    assert "compiled and ran a function" in done.stdout
    assert "x64" in done.stdout
    assert "PROBLEM" not in done.stdout


def test_doctor_in_an_empty_python_names_each_command(bare_python: str) -> None:
    done = run("doctor", python=bare_python)
    assert done.returncode == 1
    for name, allowed in {**versions.wanted(), **versions.wanted("lab")}.items():
        assert f"PROBLEM  {name} is missing; this adds it:\n" in done.stdout
        assert f'-m pip install "{name}{allowed}"' in done.stdout
    assert "JAX cannot be used: ModuleNotFoundError" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_opening_without_jupyterlab_says_what_adds_it(bare_python: str) -> None:
    done = run("--no-browser", python=bare_python)
    assert done.returncode == 1
    assert "JupyterLab is missing. This adds it:" in done.stderr
    assert '-m pip install "jupyterlab>=' in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_sees_a_package_out_of_range(tmp_path: Path) -> None:
    older = tmp_path / "anywidget-0.5.0.dist-info"
    older.mkdir()
    (older / "METADATA").write_text("Metadata-Version: 2.1\nName: anywidget\nVersion: 0.5.0\n")
    done = run("doctor", PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT)]))
    assert done.returncode == 1
    assert "PROBLEM  anywidget 0.5.0 is not 0.9.21 or later, before 0.12; this installs one" in done.stdout
    assert "1 thing to put right" in done.stdout


def test_doctor_survives_a_jax_that_does_not_import(tmp_path: Path) -> None:
    (tmp_path / "jax").mkdir()
    (tmp_path / "jax" / "__init__.py").write_text("raise RuntimeError('jaxlib is too old for this jax')")
    done = run("doctor", PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT)]))
    assert done.returncode == 1
    assert "JAX cannot be used: RuntimeError: jaxlib is too old for this jax" in done.stdout


def test_doctor_says_when_jax_has_no_device() -> None:
    done = run("doctor", JAX_PLATFORMS="cuda")
    assert done.returncode == 1
    assert "JAX finds no device to run on; is JAX_PLATFORMS set" in done.stdout


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_a_wrong_port_is_refused_in_words(port: str) -> None:
    done = run("--port", port)
    assert done.returncode == 2
    assert "--port" in done.stderr


@contextlib.contextmanager
def opened(home: Path, site: Path) -> Iterator[tuple[str, str]]:
    """Run the bare command until JupyterLab answers; give its address and what it lists."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
        "HOME": str(home), "PYTHONPATH": str(site), "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"), "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
    }  # fmt: skip
    log = home / "log"
    further = ["--", "--allow-root", "--ip=127.0.0.1", "--IdentityProvider.token=t"]
    command = [sys.executable, "-m", "explorer", "--no-browser", "--port", str(port), *further]
    with log.open("w") as output:
        server = subprocess.Popen(command, env=environment, cwd=home, stdout=output, stderr=output)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(300):
            assert server.poll() is None, log.read_text()
            try:
                answer = urllib.request.urlopen(f"{address}/api/contents?token=t", timeout=5).read()
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.2)
            else:
                break
        yield log.read_text(), answer.decode()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def test_from_a_clone_it_opens_the_notebooks_of_the_clone(tmp_path: Path) -> None:
    with opened(tmp_path, site=ROOT) as (_, answer):
        listed = {entry["name"] for entry in json.loads(answer)["content"] if entry["type"] == "notebook"}
    assert listed == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert not (tmp_path / lab.FOLDER).exists()


def test_installed_it_copies_its_notebooks_beside_you_and_opens_the_first(tmp_path: Path) -> None:
    site, home = tmp_path / "site", tmp_path / "home"
    home.mkdir()
    installed(site, "9.8.7")
    shipped = site / "explorer" / "notebooks"
    for name in ("01_first.ipynb", "02_second.ipynb"):
        (shipped / name).write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    with opened(home, site) as (log, answer):
        listed = {entry["name"] for entry in json.loads(answer)["content"]}
    assert listed == {"01_first.ipynb", "02_second.ipynb"}
    assert "/lab/tree/01_first.ipynb" in log
    assert f"Copied 2 files into {home / lab.FOLDER}" in log


def test_copying_again_keeps_what_a_person_changed_and_brings_what_is_new(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "copy"
    (source / "data").mkdir(parents=True)
    for name in ("a.ipynb", "b.ipynb", "data/c.csv"):
        (source / name).write_text("first")
    assert lab.copy(source, folder) == [f"Copied 3 files into {folder}"]
    assert lab.copy(source, folder) == []
    (folder / "a.ipynb").write_text("mine")
    for name in ("a.ipynb", "b.ipynb", "d.ipynb"):
        (source / name).write_text("second")
    lines = lab.copy(source, folder)
    assert lines == [
        f"Copied 2 files into {folder}",
        f"Kept your changed a.ipynb; the shipped one is {source / 'a.ipynb'}",
    ]
    contents = {name: (folder / name).read_text() for name in ("a.ipynb", "b.ipynb", "data/c.csv", "d.ipynb")}
    assert contents == {"a.ipynb": "mine", "b.ipynb": "second", "data/c.csv": "first", "d.ipynb": "second"}


def test_a_file_that_was_there_before_is_never_overwritten(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "copy"
    for path in (source, folder):
        path.mkdir()
        (path / "a.ipynb").write_text(path.name)
    assert "Kept your changed a.ipynb" in lab.copy(source, folder)[0]
    assert (folder / "a.ipynb").read_text() == "copy"


@pytest.mark.parametrize(
    ("version", "allowed", "inside"),
    [
        ("0.10.2", ">=0.10,<0.13", True), ("0.12.0.1", ">=0.10,<0.13", True), ("0.13.0", ">=0.10,<0.13", False),
        ("0.9.2", ">=0.10,<0.13", False), ("3.11.7", ">=3.11,<3.14", True), ("3.14.0rc1", ">=3.11,<3.14", False),
        ("2.0", ">=2.0.0", True), ("1", "==1.0", True), ("7", "", True), ("0.10.3.dev20260101", ">=0.10,<0.13", True),
    ],
)  # fmt: skip
def test_versions_are_compared_as_numbers(version: str, allowed: str, inside: bool) -> None:
    assert versions.in_range(version, allowed) is inside


def installed(site: Path, version: str) -> None:
    """Lay the package out as pip does: without the clone around it, with METADATA beside it."""
    ignored = shutil.ignore_patterns("frontend", "__pycache__")
    shutil.copytree(ROOT / "explorer", site / "explorer", ignore=ignored)
    (site / "explorer" / "notebooks").mkdir()
    lines = ["Metadata-Version: 2.4", "Name: jax-explorer", f"Version: {version}", "Requires-Python: <3.14,>=3.11"]
    lines += ["Requires-Dist: jax<0.13,>=0.10", "Requires-Dist: anywidget<0.9,>=0.8"]
    lines += ["Provides-Extra: lab", "Requires-Dist: jupyterlab<5,>=4.4; extra == 'lab'"]
    lines += ["Provides-Extra: test", "Requires-Dist: jax-explorer[lab]; extra == 'test'"]
    lines += ["Requires-Dist: playwright>=1.50; extra == 'test'"]
    folder = site / f"jax_explorer-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("\n".join(lines) + "\n")


def test_an_installed_package_goes_by_its_metadata(tmp_path: Path) -> None:
    installed(tmp_path, "9.8.7")
    assert run("--version", PYTHONPATH=str(tmp_path)).stdout.split() == ["jax-explorer", "9.8.7"]
    done = run("doctor", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert "JAX Explorer 9.8.7" in done.stdout
    assert "PROBLEM  anywidget" in done.stdout
    assert "is not 0.8 or later, before 0.9; this installs one that is:" in done.stdout
    assert '-m pip install "anywidget<0.9,>=0.8"' in done.stdout
    assert f"ok       jupyterlab {metadata.version('jupyterlab')}" in done.stdout
    assert "optax" not in done.stdout  # this metadata does not ask for it
    assert "1 thing to put right" in done.stdout
