"""The rooms: who may import whom, and what `import explorer` costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "explorer"
WIDGETS = {"ipywidgets", "plotly", "anywidget", "traitlets", "explorer.views", "explorer.app"}
COMPUTING = ("catalog", "training", "gradients", "compiler")
PLAIN = ("records.py", "errors.py", "training/history.py", "training/config.py", "training/status.py")
BANNED = {
    **dict.fromkeys(COMPUTING, WIDGETS),
    "views": {"jax", "jaxlib", "optax", "explorer.app", *(f"explorer.{room}" for room in COMPUTING)},
    "embed.py": {"jax", "jaxlib", "optax", "ipywidgets", "explorer.app", "explorer.training", "explorer.compiler"},
    **{name: {"jax", "jaxlib", "optax", *WIDGETS} for name in PLAIN},
}


def imported(path: Path) -> set[str]:
    """Return every module that a file imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def files(place: str) -> list[Path]:
    """Return the Python files of a room."""
    path = PACKAGE / place
    return [path] if path.suffix else sorted(path.rglob("*.py"))


@pytest.mark.parametrize("place", sorted(BANNED))
def test_a_room_imports_only_what_it_may(place):
    assert files(place)
    for path in files(place):
        for module in imported(path):
            banned = [b for b in BANNED[place] if module == b or module.startswith(f"{b}.")]
            assert not banned, f"{path.relative_to(PACKAGE)} imports {module}"


def test_private_modules_of_jax_live_in_one_adapter():
    users = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if any(m.startswith(("jax._src", "jaxlib._")) for m in imported(path))
    }
    assert users <= {"compiler/jax_private.py"}


def test_import_is_lazy():
    code = (
        "import sys, explorer;"
        "print(sorted({'jax', 'optax', 'ipywidgets', 'anywidget', 'plotly', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_computes_loads_no_widget():
    code = (
        "import sys, explorer; run = explorer.train(model='linear-regression', steps=5, progress=False);"
        "explorer.inspect(lambda x: x + 1, 1.0);"
        "print(sorted({'ipywidgets', 'anywidget', 'plotly'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_name_of_the_face_is_there():
    import explorer

    for name in explorer.__all__:
        assert getattr(explorer, name) is not None
    assert set(explorer.models()) >= {"linear-regression", "neural-network"}
    assert set(explorer.datasets()) >= {"linear", "mnist"}
    assert "cpu" in explorer.devices()
    assert len(explorer.optimizers()) >= 46
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        explorer.nothing  # noqa: B018
