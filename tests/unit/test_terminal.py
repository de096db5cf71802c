"""`jax-explorer inspect`: a function of a file from a terminal, as text, JSON and a page."""

from __future__ import annotations

import json
import sys

import jax
import numpy as np
import pytest

from explorer.__main__ import STAGES, main
from explorer.compiler import stage
from explorer.errors import FieldError
from explorer.terminal import argument, loaded, transform

MODEL = """
import jax.numpy as jnp
import beside

def loss(w, x):
    return beside.squash(x @ w).sum()

def wrong(w, x):
    return jnp.relu(x @ w)

def constant():
    return jnp.arange(3.0)

class Net:
    @staticmethod
    def apply(x):
        return jnp.sin(x)
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    (tmp_path / "beside.py").write_text("import jax.numpy as jnp\n\ndef squash(x):\n    return jnp.tanh(x)\n")
    (tmp_path / "model.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path / "model.py"
    for name in ("model", "beside", "broken"):
        sys.modules.pop(name, None)


ARGS = ("--args", "f32[8,4]", "f32[16,8]")


def test_the_summary_comes_first_and_then_the_texts(model, capsys):
    assert main(["inspect", "model.py:loss", *ARGS, "--transform", "grad(argnums=0)", "--stage", "jaxpr"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("grad of loss for cpu:0\n\n1. ")
    assert "model.py:6 `return beside.squash(x @ w).sum()`" in told
    assert told.index("1. ") < told.index("FLOPs, ") < told.index("== JAX recorded (jaxpr) ==\n{ lambda ;")
    assert all(f"\n  {stage} " in told for stage in STAGES)


def test_json_holds_all_of_it(model, capsys):
    assert main(["inspect", "model.py:loss", *ARGS, "--format", "json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["version"] == 1
    assert body["stages"]["hlo"]["text"].startswith("HloModule jit_loss")
    assert set(body["stages"]) == set(STAGES)


def test_a_page_is_written(model, capsys):
    assert main(["inspect", "model.py:loss", *ARGS, "--format", "html", "--out", "page.html"]) == 0
    assert capsys.readouterr().out == "page.html\n"
    page = (model.parent / "page.html").read_text()
    assert 'data-kind="inspection"' in page
    assert 'data-key="instructions/function"' in page
    assert main(["inspect", "model.py:loss", *ARGS, "--format", "html"]) == 2
    assert "a page needs a file. Such as --out page.html." in capsys.readouterr().err


def test_the_files_ending_says_the_format(model, capsys):
    assert main(["inspect", "model.py:loss", *ARGS, "--out", "page.html"]) == 0
    assert (model.parent / "page.html").read_text().startswith("<!doctype html>")
    assert main(["inspect", "model.py:loss", *ARGS, "--out", "loss.json"]) == 0
    assert json.loads((model.parent / "loss.json").read_text())["name"] == "loss"
    assert main(["inspect", "model.py:loss", *ARGS, "--format", "text", "--out", "loss.json"]) == 0
    assert (model.parent / "loss.json").read_text().startswith("loss for cpu:0")


def test_text_can_be_written_to_a_file(model, capsys):
    assert main(["inspect", "model.py:loss", *ARGS, "--out", "loss.txt"]) == 0
    assert (model.parent / "loss.txt").read_text().startswith("loss for cpu:0")
    assert main(["inspect", "model.py:loss", *ARGS, "--out", "nowhere/loss.txt"]) == 2
    assert "there is no folder 'nowhere'" in capsys.readouterr().err


def test_a_function_that_cannot_be_traced_says_where_and_what_to_write(model, capsys):
    assert main(["inspect", "model.py:wrong", *ARGS]) == 1
    told = capsys.readouterr().out
    assert "It is `jax.nn.relu`." in told
    assert "model.py, line 9: return jnp.relu(x @ w)" in told
    assert told.count("The function could not be traced") == 1  # not once for each stage
    assert "--stage" not in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["model.py:loss"], "loss takes w, x. Give their shapes, such as --args f32[32,784]"),
        (["model.py:lost", *ARGS], "there is none called 'lost' in model.py. There are: loss, wrong"),
        (["missing.py:f"], "there is no file 'missing.py'"),
        (["model.py"], "'model.py' names no function. Such as model.py:loss."),
        (["model.py:loss", "--args", "f33[2]"], "'f33[2]' cannot be read. Allowed: shapes such as f32[32,784]"),
        (["model.py:loss", *ARGS, "--transform", "gard"], "there is none called 'gard'. Allowed: jit, grad"),
        (["model.py:loss", *ARGS, "--target", "abacus"], "there is none called 'abacus'"),
        (["broken.py:f"], "'broken.py' raises ZeroDivisionError: division by zero. At broken.py, line 2: y = 1 / 0."),
    ],
)
def test_what_cannot_be_is_said(model, capsys, arguments, words):
    (model.parent / "broken.py").write_text("x = 1\ny = 1 / 0\n")
    assert main(["inspect", *arguments]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""


def test_a_stage_that_is_none_is_refused_by_the_command_line(model, capsys):
    with pytest.raises(SystemExit):
        main(["inspect", "model.py:loss", "--stage", "llvm"])
    assert "invalid choice: 'llvm'" in capsys.readouterr().err
    assert ("source", *stage.STAGES) == STAGES


def test_the_files_own_arguments_are_taken(model, capsys):
    model.write_text(MODEL + "\nexample_args = (jnp.ones((8, 4)), jnp.ones((2, 8)))\n")
    assert main(["inspect", "model.py:loss", "--stage", "jaxpr"]) == 0
    assert "b:f32[2,8]" in capsys.readouterr().out
    assert main(["inspect", "model.py:Net.apply", "--args", "f32[3]"]) == 0
    assert main(["inspect", "model.py:constant", "--args"]) == 0


def test_another_platform_is_lowered_for(model, capsys):
    assert main(["inspect", "model.py:constant", "--target", "tpu", "--stage", "hlo"]) == 0
    told = capsys.readouterr().out
    assert "constant for tpu" in told
    assert "Not available: There is no TPU here" in told


def test_arguments_are_shapes_numbers_and_trees_of_them():
    found = argument("{'w': f32[3,4], 'layers': [bf16[2], (i32[], 3.5)], 'name': 'x'}")
    assert found["w"] == jax.ShapeDtypeStruct((3, 4), np.float32)
    assert found["layers"][0].dtype.name == "bfloat16"
    assert found["layers"][1] == (jax.ShapeDtypeStruct((), np.int32), 3.5)
    assert argument("-2") == -2
    for bad in ("f32[2.5]", "open('x')", "f32[", "f32[n]"):
        with pytest.raises(FieldError, match="cannot be read"):
            argument(bad)
    assert transform("vmap(in_axes=(None, 0))") == ("vmap", {"in_axes": (None, 0)})
    assert transform("grad") == "grad"


def test_a_module_is_loaded_beside_its_neighbours(model):
    fn, space = loaded("model.py:loss")
    assert fn is space["loss"]
    assert space["beside"].__file__ == str(model.parent / "beside.py")
