"""`%%inspect` in a shell of IPython."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from explorer.compiler.inspection import Inspection
from explorer.errors import FieldError


@pytest.fixture
def shell():
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "explorer")
    shell.run_cell("import jax, jax.numpy as jnp\nx = jnp.ones((4, 4))")
    yield shell
    InteractiveShell.clear_instance()


def test_the_last_call_is_inspected_and_not_run(shell):
    result = shell.run_cell(
        "%%inspect\nran = []\ndef f(a):\n    ran.append(type(a).__name__)\n    return jnp.sin(a)\nf(x)"
    )
    looked = result.result
    assert isinstance(looked, Inspection)
    assert looked.name == "f"
    (kind,) = shell.user_ns["ran"]
    assert "Tracer" in kind
    sine = next(n for n, t in enumerate(looked.stages["jaxpr"].text.split("\n"), 1) if "sin " in t)
    places = {(s.line, s.column) for s in looked.stages["jaxpr"].sources(sine)}
    assert (5, 11) in places  # as the notebook counts, with the magic's own line


def test_words_are_transformations(shell):
    shell.run_cell("g = lambda a: (a * 2).sum()")
    looked = shell.run_cell("%%inspect grad jit\ng(x)").result
    assert looked.name == "jit of grad of <lambda>"
    result = shell.run_cell("%%inspect gard\ng(x)")
    assert isinstance(result.error_in_exec, FieldError)
    assert "there is none called 'gard'" in str(result.error_in_exec)


def test_what_the_function_raises_is_in_the_panel_at_its_line(shell):
    looked = shell.run_cell("%%inspect\ndef f(a):\n    return jnp.relu(a)\nf(x)").result
    assert "It is `jax.nn.relu`." in looked.problem["text"]
    assert looked.problem["where"].endswith("line 3: return jnp.relu(a)")


def test_what_the_cell_raises_before_is_raised(shell):
    with capture_output():
        result = shell.run_cell("%%inspect\nraise KeyError('mine')\nf(x)")
    assert isinstance(result.error_in_exec, KeyError)


@pytest.mark.parametrize("cell", ["y = 1", "x", "# nothing"])
def test_a_cell_without_a_call_says_what_is_needed(shell, cell):
    with capture_output() as said:
        shell.run_cell(f"%%inspect\n{cell}")
    assert "needs a call as the cell's last line, such as f(x, y)" in said.stdout + said.stderr
