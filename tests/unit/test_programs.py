"""A second look compiles nothing again, and is never of another program."""

from __future__ import annotations

import os
import subprocess
import sys
import weakref

import jax
import jax.numpy as jnp
import pytest
from collected import collected

import explorer
from explorer.compiler.programs import Program, Programs

F = jax.ShapeDtypeStruct((8, 8), jnp.float32)


@pytest.fixture
def compiles(monkeypatch):
    """Count what is compiled."""
    found = []
    compile_ = jax.stages.Lowered.compile
    monkeypatch.setattr(
        jax.stages.Lowered, "compile", lambda self, *a, **k: found.append(self) or compile_(self, *a, **k)
    )
    return found


def written(tmp_path, text):
    file = tmp_path / "mine.py"
    file.write_text(text)
    space = {"jnp": jnp, "jax": jax}
    exec(compile(text, str(file), "exec"), space)
    return space


def test_an_unchanged_function_is_compiled_once(compiles):
    looks = [explorer.inspect(lambda x: jnp.sin(x) @ x, F) for _ in range(3)]
    assert len(compiles) == 1
    assert looks[2].stages["hlo"].text == looks[0].stages["hlo"].text
    assert looks[2].times_ms["compile"] == looks[0].times_ms["compile"] > 0
    assert looks[2].cost == looks[0].cost


def test_lines_that_moved_lead_to_where_they_are_now(tmp_path, compiles):
    source = "def f(x):\n    return jnp.sin(x) @ x\n"
    for moved in (0, 3):
        looked = explorer.inspect(written(tmp_path, "\n" * moved + source)["f"], F)
        stage = looked.stages["hlo"]
        lines = {s.line for n in range(stage.lines) for s in stage.sources(n + 1)}
        assert lines == {1 + moved, 2 + moved}
    assert len(compiles) == 2


def test_an_edited_helper_is_another_program(tmp_path, compiles):
    space = written(tmp_path, "def helper(x):\n    return jnp.sin(x)\ndef f(x):\n    return helper(x)\n")
    texts = []
    for edit in ("sin", "cos", "sin"):
        exec(f"def helper(x):\n    return jnp.{edit}(x)\n", space)
        texts.append(explorer.inspect(space["f"], F).stages["hlo"].text)
    assert [" cosine(" in text for text in texts] == [False, True, False]
    assert len(compiles) == 2


def test_other_options_shapes_and_trees_are_other_programs(compiles):
    def f(x):
        return jax.tree.map(jnp.sin, x)

    def look(x, **options):
        return explorer.inspector(compiler_options=options)(f, x)

    for x in (F, jax.ShapeDtypeStruct((4,), jnp.float32), {"a": F}, {"b": F}):
        look(x)
    assert len(compiles) == 4
    look(F, xla_disable_hlo_passes="fusion")
    assert len(compiles) == 5


def test_a_callback_keeps_nothing_alive():
    class Printer:
        def __call__(self, x):
            return x

    def look():
        printer = Printer()
        explorer.inspect(lambda x: jax.pure_callback(printer, F, x), F)
        return weakref.ref(printer)

    gone = look()
    assert collected(gone)


def test_few_programs_are_kept():
    programs, made = Programs(limit=2), []

    def make():
        made.append(1)
        return Program(len(made), 1.0)

    assert [programs.get(key, make).compiled for key in ("a", "b", "a", "c", "a", "b")] == [1, 2, 1, 3, 1, 4]
    assert programs.get(None, make).compiled == 5


DEVICES = """
import jax, jax.numpy as jnp, explorer
first, second = jax.devices()
for place in (first, second):
    x = jax.device_put(jnp.ones(3), place)
    with jax.default_device(place):
        shape = jax.ShapeDtypeStruct((3,), "float32")
        print(explorer.inspect(jnp.sin, x).device, explorer.inspect(jnp.cos, shape).device)
"""


def test_the_same_program_on_another_device_is_another_one():
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    run = subprocess.run(
        [sys.executable, "-c", DEVICES], env={**os.environ, **flags}, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["cpu:0", "cpu:0", "cpu:1", "cpu:1"]
