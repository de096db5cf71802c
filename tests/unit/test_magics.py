"""The cell magics %%watch and %%explain, in a shell of IPython."""

from __future__ import annotations

import re

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output


@pytest.fixture
def shell():
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "explorer")
    yield shell
    InteractiveShell.clear_instance()


def run(shell, cell):
    """Run a cell; returns its result and everything it shows as text."""
    with capture_output() as captured:
        result = shell.run_cell(cell)
    shown = [captured.stdout, captured.stderr, *(output.data.get("text/plain", "") for output in captured.outputs)]
    return result, re.sub(r"\x1b\[[\d;]*m", "", "\n".join(shown))


def test_watch(shell):
    run(shell, "import jax, numpy as np\nf = jax.jit(lambda x: x + 1)\nf(np.ones(2))")
    _, shown = run(shell, "%%watch\nfor n in (3, 4):\n    y = f(np.ones(n))  # here")
    assert "`<lambda>` was compiled twice" in shown
    assert "line 3: y = f(np.ones(n))  # here" in shown  # as the notebook counts, with the magic's own line
    assert "`x` has another shape: float32[4] now, float32[3] before." in shown
    assert shell.user_ns["y"].shape == (4,)


def test_an_error_in_a_watched_cell_goes_on_once(shell):
    result, shown = run(shell, "%%watch\nimport jax\njax.jit(lambda x: x * 2)(1.0)\nraise KeyError('mine')")
    assert isinstance(result.error_in_exec, KeyError)
    assert shown.count("KeyError: 'mine'") == 1
    assert "`<lambda>` was compiled once" in shown


def test_explain(shell):
    _, shown = run(shell, "%%explain\nimport jax.numpy as jnp\njnp.relu(1.0)  # here")
    assert "Line 3: There is no such name." in shown
    assert "It is `jax.nn.relu`." in shown
    result, _ = run(shell, "%%explain soon\nx = 1")
    assert "a number of seconds" in str(result.error_in_exec)


def test_a_cell_runs_as_ipython_runs_it(shell):
    run(shell, "%%watch\nimport dataclasses\n@dataclasses.dataclass\nclass A:\n    size: int")
    assert shell.user_ns["A"].__annotations__ == {"size": int}  # none of our own `from __future__` lines
    _, shown = run(shell, "%%watch\n3 + 4")
    assert "7" in shown.split("\n")
    _, shown = run(shell, "%%watch\n3 + 4;")
    assert "7" not in shown.split("\n")


@pytest.mark.parametrize("magic", ["%%watch", "%%inspect"])
def test_a_cell_that_awaits_says_what_to_do(shell, magic):
    _, shown = run(shell, f"{magic}\nimport asyncio\nawait asyncio.sleep(0)\nprint(1)")
    assert "compiled" not in shown
    assert f"{magic} cannot wait for an await of the cell itself. Put the await into a cell of its own" in shown


def test_an_error_of_a_cell_is_shown_at_its_line_without_the_explorers(shell):
    shell.run_line_magic("colors", "nocolor")
    result = shell.run_cell("%%watch\nhere = 1 / 0", store_history=True)
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    with capture_output() as captured:
        shell.showtraceback()
    assert re.search(r"----> 2 here = 1 / 0", captured.stdout)
    assert "magics.py" not in captured.stdout
