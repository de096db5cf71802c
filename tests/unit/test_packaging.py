"""What is shipped: the wheel holds what an explorer needs and nothing else, and no file tells where it was made."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections import defaultdict
from email.parser import Parser
from pathlib import Path

import pytest

from explorer import versions

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NEEDED = (
    "explorer/py.typed",
    "explorer/static/explorer.js",
    "explorer/static/loader.js",
    "explorer/static/schema.json",
    "explorer/catalog/datasets/mnist5k.npz",
    "explorer/catalog/datasets/sonnets.txt",
    "explorer/catalog/datasets/README.md",
    "explorer/catalog/optimizers/learning_rates.json",
    "explorer/notebooks/01_quickstart.ipynb",
    "explorer/notebooks/02_follow_your_function.ipynb",
)


def built(kind: str, source: Path, target: Path) -> Path:
    """Build a "wheel" or an "sdist" with hatchling alone, offline."""
    code = f"import hatchling.build, sys; print(hatchling.build.build_{kind}(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(target)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return target / done.stdout.split()[-1]


def tracked() -> list[str]:
    """The files of the repository, as git lists them."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel as a zip file."""
    with zipfile.ZipFile(built("wheel", ROOT, tmp_path_factory.mktemp("wheel"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def metadata(wheel):
    """The wheel's METADATA."""
    (name,) = [n for n in wheel.namelist() if n.endswith(".dist-info/METADATA")]
    return Parser().parsestr(wheel.read(name).decode())


def test_the_wheel_holds_what_an_explorer_needs(wheel):
    names = set(wheel.namelist())
    assert not set(NEEDED) - names
    assert any(n.endswith(".dist-info/licenses/LICENSE") for n in names)
    for name in NEEDED:
        if not name.startswith("explorer/notebooks"):
            assert wheel.read(name) == (ROOT / name).read_bytes()
    code = {p.relative_to(ROOT).as_posix() for p in (ROOT / "explorer").rglob("*.py") if "frontend" not in p.parts}
    assert code <= names


def test_the_wheel_holds_nothing_else(wheel):
    for name in wheel.namelist():
        top, _, rest = name.partition("/")
        assert top == "explorer" or top.endswith(".dist-info"), name
        assert not re.search(r"(^|/)(node_modules|frontend|tests?|__pycache__|\.ipynb_checkpoints)(/|$)", rest), name
        assert not name.endswith((".pyc", ".map", ".ts", ".log")), name
    assert sum(entry.compress_size for entry in wheel.infolist()) < 3_000_000


def test_the_command_is_installed(wheel):
    (name,) = [n for n in wheel.namelist() if n.endswith(".dist-info/entry_points.txt")]
    assert "jax-explorer = explorer.__main__:main" in wheel.read(name).decode()


def test_the_source_distribution_makes_the_same_wheel(wheel, tmp_path):
    with tarfile.open(built("sdist", ROOT, tmp_path)) as packed:
        assert not [n for n in packed.getnames() if "node_modules" in n]
        packed.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    with zipfile.ZipFile(built("wheel", source, tmp_path)) as again:
        assert sorted(again.namelist()) == sorted(wheel.namelist())


def bounds(allowed):
    """A range such as ">=3.11,<3.14" without order or spaces."""
    return {bound.strip() for bound in allowed.split(",")}


def test_what_is_asked_for_is_the_same_everywhere(metadata):
    of_wheel: dict[str, dict[str, str]] = defaultdict(dict)
    for line in metadata.get_all("Requires-Dist"):
        requirement, _, marker = line.partition(";")
        name, allowed = re.fullmatch(r"([\w-]+)(?:\[[\w-]+\])?(.*)", requirement.strip()).groups()
        extra = re.search(r"extra == '([\w-]+)'", marker)
        of_wheel[extra[1] if extra else ""][name] = allowed
    assert of_wheel["lab"].items() <= of_wheel["test"].items()  # the tests open JupyterLab too
    assert {"tpu-targets", "gpu-targets"} <= of_wheel.keys()
    for extra in ("", "lab", "tpu-targets", "gpu-targets"):
        ranges, wanted = of_wheel[extra], versions.wanted(extra)
        assert ranges.keys() == wanted.keys()
        for name, allowed in wanted.items():
            assert bounds(ranges[name]) == bounds(allowed), name
    assert metadata["Version"] == PROJECT["version"] == versions.own()
    assert bounds(metadata["Requires-Python"]) == bounds(versions.wanted_python())


def test_the_pythons_are_the_same_everywhere():
    assert PROJECT["requires-python"] == versions.wanted_python() == ">=3.11,<3.14"
    named = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if "Python :: 3." in c]
    assert named == ["3.11", "3.12", "3.13"]
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in (ROOT / ".ci/setup").read_text(encoding="utf-8")
    runtime = (ROOT / "binder/runtime.txt").read_text(encoding="utf-8").strip()
    assert runtime.removeprefix("python-") in named


def test_binder_pins_what_the_explorer_asks_for():
    lines = (ROOT / "binder/requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line)
    assert {"ipykernel", "jax", "jaxlib", "jupyterlab"} <= pins.keys()
    asked = {**versions.wanted(), **versions.wanted("lab")}
    for name, version in pins.items():
        assert versions.in_range(version, asked[name]), f"{name} {version} is not {asked[name]}"


def test_no_file_names_this_machine_or_a_place_that_packages_come_from():
    places = {
        f"{place}/" for place in (Path.home(), ROOT, sys.prefix, sys.base_prefix) if str(place) not in ("/", "/usr")
    }
    host = re.compile(r"https?://[\w.-]*(?:registry|mirror|pypi|npmjs|artifactory|pythonhosted)[\w.-]*")
    for name in tracked():
        content = (ROOT / name).read_bytes()
        if b"\0" in content:
            continue
        text = content.decode()
        assert not [place for place in places if place in text], name
        assert not host.search(text), name
    assert '"resolved"' not in (ROOT / "explorer/frontend/package-lock.json").read_text(encoding="utf-8")


def test_nothing_that_tools_leave_behind_is_tracked():
    left = (
        r"(^|/)(node_modules|__pycache__|\.venv|dist|artifacts|\.ipynb_checkpoints|\.[a-z]+_cache)/|\.pyc$|\.egg-info/"
    )
    assert not [name for name in tracked() if re.search(left, name)]
