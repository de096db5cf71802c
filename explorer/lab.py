"""Opens JupyterLab on the explorer's notebooks."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import sys
from importlib import resources
from pathlib import Path

from explorer import versions

FOLDER = "jax-explorer-notebooks"
_COPIED = ".copied.json"  # the hash of each file as it was copied, to know which ones a person has changed


def main(browser: bool, port: int | None, further: list[str]) -> int:
    """Open JupyterLab, and return when it ends.

    Args:
      browser: whether to open a browser window.
      port: the port to listen on, or None for JupyterLab's own choice.
      further: arguments handed to JupyterLab as they are.

    Returns:
      0, or 1 when JupyterLab is missing.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        allowed = versions.wanted("lab")["jupyterlab"]
        print("JupyterLab is missing. This adds it:", file=sys.stderr)
        print(f'  {sys.executable} -m pip install "jupyterlab{allowed}"', file=sys.stderr)
        return 1
    folder = notebooks()
    arguments = [f"--ServerApp.root_dir={folder}"]
    first = next(iter(sorted(folder.glob("*.ipynb"))), None)
    if first:
        arguments.append(f"--LabApp.default_url=/lab/tree/{first.name}")
    if not browser:
        arguments.append("--no-browser")
    if port is not None:
        arguments.append(f"--ServerApp.port={port}")
    importlib.import_module("jupyterlab.labapp").main([*arguments, *further])
    return 0


def notebooks() -> Path:
    """Return the folder of the notebooks: the clone's own, or a copy of the shipped ones in this folder."""
    root = versions.clone()
    if root:
        return root / "notebooks"
    folder = Path.cwd() / FOLDER
    for line in copy(Path(str(resources.files("explorer").joinpath("notebooks"))), folder):
        print(line, flush=True)
    return folder


def copy(source: Path, folder: Path) -> list[str]:
    """Copy every file into the folder; one that a person has changed is kept as it is.

    Returns:
      What was done, in lines for the person.
    """
    folder.mkdir(exist_ok=True)
    record = folder / _COPIED
    before = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    after, new, kept = dict(before), 0, []
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        name = file.relative_to(source).as_posix()
        target, content = folder / name, file.read_bytes()
        if target.exists() and target.read_bytes() != content and before.get(name) != _hash(target):
            kept.append(name)
            continue
        new += not target.exists() or target.read_bytes() != content
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        after[name] = _hash(target)
    record.write_text(json.dumps(after, indent=1), encoding="utf-8")
    lines = [f"Copied {new} {'file' if new == 1 else 'files'} into {folder}"] if new else []
    return lines + [f"Kept your changed {name}; the shipped one is {source / name}" for name in kept]


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
