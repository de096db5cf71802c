"""The cell magics, in a shell of IPython."""

from __future__ import annotations

import re

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from explorer.compiler.explain.explanation import Explanation
from explorer.compiler.watch.watcher import Watcher


@pytest.fixture
def shell(monkeypatch):
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "explorer")
    shell.shown = []
    monkeypatch.setattr("explorer.magics.display", shell.shown.append)
    yield shell
    InteractiveShell.clear_instance()


def test_watch(shell):
    shell.run_cell("import jax, jax.numpy as jnp, numpy as np\nf = jax.jit(lambda x: x + 1)\nf(np.ones(2))")
    shell.run_cell("%%watch\nfor n in (3, 4):\n    y = f(np.ones(n))  # here")
    (watched,) = shell.shown
    assert isinstance(watched, Watcher)
    assert [event.cause.kind for event in watched.events if not event.own] == ["shape", "shape"]
    event = watched.events[-1]
    assert event.site.text == "y = f(np.ones(n))  # here"
    assert event.site.line == 3  # as the notebook counts, with the magic's own line
    assert shell.user_ns["y"].shape == (4,)


def test_an_error_in_a_watched_cell_goes_on_once(shell):
    with capture_output() as captured:
        result = shell.run_cell("%%watch\nimport jax\njax.jit(lambda x: x * 2)(1.0)\nraise KeyError('mine')")
    assert isinstance(result.error_in_exec, KeyError)
    printed = re.sub(r"\x1b\[[\d;]*m", "", captured.stdout)
    assert printed.count("KeyError: 'mine'") == 1
    (watched,) = shell.shown
    assert watched.records()["retraces"].header["error"] == "KeyError: 'mine'"
    assert len([event for event in watched.events if not event.own]) == 1
    with capture_output() as captured:
        result = shell.run_cell("undefined_name")
    assert captured.stdout.count("NameError") >= 1  # the shell shows errors again


def test_explain(shell):
    shell.run_cell("%%explain\nimport jax.numpy as jnp\njnp.relu(1.0)  # here")
    (explanation,) = shell.shown
    assert isinstance(explanation, Explanation)
    assert explanation.fault.line == 3
    assert "It is `jax.nn.relu`." in explanation.fault.instead
    result = shell.run_cell("%%explain soon\nx = 1")
    assert "must be a number of seconds; you gave 'soon'" in str(result.error_in_exec)
