"""What the README shows can be run as it stands, and the files it names are there."""

import re
import shlex
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from explorer.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    """The blocks of code of a language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def defined(name):
    """The block that defines a function."""
    (found,) = [block for block in blocks("python") if f"def {name}(" in block]
    return found


def test_the_python_runs_from_the_first_block_to_the_last(capsys):
    shell = InteractiveShell()
    for block in blocks("python"):
        done = shell.run_cell(block, silent=True)
        done.raise_error()
    text = capsys.readouterr().out
    for said in (
        "`return jnp.mean(jnp.tanh(x @ w) ** 2)` does",  # inspect
        "Compared with loss: ",
        "compile only",  # targets
        "kind='all-reduce'",
        "Run on 4 simulated devices and on one: ",
        "`batch` has another shape: float32[20] now, float32[32] before.",  # watch
        "The slope of the square root at 0 is infinite.",  # find_nan
        "It is `jax.nn.relu`.",  # explain
    ):
        assert said in text, said


def test_the_line_that_is_followed_is_the_one_of_the_function():
    lines = defined("loss").splitlines()
    (number,) = re.findall(r'relatives\("source", (\d+)\)', defined("loss"))
    assert "return jnp.mean" in lines[int(number) - 1]


def test_the_commands_run(tmp_path, monkeypatch, capsys):
    function = re.search(r"def loss.*?\n\n\n", defined("loss"), re.DOTALL)
    (tmp_path / "model.py").write_text(f"import jax.numpy as jnp\n\n\n{function[0]}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for command in "".join(blocks("sh")).splitlines():
        name, *arguments = shlex.split(command)
        assert name == "jax-explorer"
        assert main(arguments) == 0
    assert "100 % of the arithmetic" in capsys.readouterr().out
    assert (tmp_path / "loss.html").stat().st_size > 100_000


@pytest.mark.parametrize("path", re.findall(r"\]\(((?!https?:)[^)]+)\)", README))
def test_what_it_links_to_is_there(path):
    assert (ROOT / path).is_file()


def test_the_magics_are_those_that_are_there():
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "explorer")
    named = set(re.findall(r"%%(\w+)", README))
    assert named == {"inspect", "watch", "explain"}
    assert named <= set(shell.magics_manager.magics["cell"])
